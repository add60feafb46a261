// SPDX-License-Identifier: BSL-1.0
#include "manager/in_parallel.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <tuple>
#include <utility>

namespace copg::detail {
namespace {

using failures = std::vector<std::exception_ptr>;

// On one strand, as the group's cancellation needs it.
asio::awaitable<failures> run_group(asio::any_io_executor strand,
                                    std::vector<asio::awaitable<void>> operations) {
    using operation =
        decltype(asio::co_spawn(strand, std::declval<asio::awaitable<void>>(), asio::deferred));
    std::vector<operation> group;
    group.reserve(operations.size());
    for (auto& each : operations)
        group.push_back(asio::co_spawn(strand, std::move(each), asio::deferred));
    auto all = asio::experimental::make_parallel_group(std::move(group));
    auto ended = co_await all.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    co_return std::get<1>(std::move(ended));
}

} // namespace

asio::awaitable<failures> in_parallel(asio::any_io_executor executor,
                                      std::vector<asio::awaitable<void>> operations) {
    if (operations.empty())
        co_return failures{};
    asio::any_io_executor const strand = asio::make_strand(executor);
    auto running = run_group(strand, std::move(operations));
    auto ended = co_await asio::co_spawn(strand, std::move(running), asio::use_awaitable);
    co_return ended;
}

} // namespace copg::detail
