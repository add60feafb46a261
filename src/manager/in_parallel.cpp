// SPDX-License-Identifier: BSL-1.0
#include "manager/in_parallel.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <tuple>
#include <utility>

namespace copg::detail {
namespace {

using failures = std::vector<std::exception_ptr>;

// On one strand, as the group's cancellation needs it.
asio::awaitable<failures> run_group(asio::any_io_executor strand,
                                    std::vector<asio::awaitable<void>> operations,
                                    std::shared_ptr<asio::cancellation_signal> stop) {
    using operation =
        decltype(asio::co_spawn(strand, std::declval<asio::awaitable<void>>(), asio::deferred));
    std::vector<operation> group;
    group.reserve(operations.size());
    for (auto& each : operations)
        group.push_back(asio::co_spawn(strand, std::move(each), asio::deferred));
    auto all = asio::experimental::make_parallel_group(std::move(group));
    auto ended =
        co_await all.async_wait(asio::experimental::wait_for_all(),
                                asio::bind_cancellation_slot(stop->slot(), asio::use_awaitable));
    co_return std::get<1>(std::move(ended));
}

} // namespace

// A cancellation comes from the caller's executor and has to reach the strand: it is posted, with
// the signal kept, since Asio's own way there refers to what may be gone by then.
asio::awaitable<failures> in_parallel(asio::any_io_executor executor,
                                      std::vector<asio::awaitable<void>> operations,
                                      cancelling how) {
    if (operations.empty())
        co_return failures{};
    asio::any_io_executor const strand = asio::make_strand(executor);
    auto const stop = std::make_shared<asio::cancellation_signal>();
    auto const state = co_await asio::this_coro::cancellation_state;
    auto slot = state.slot();
    if (slot.is_connected() && how == cancelling::passed_on)
        slot.assign([strand, stop](asio::cancellation_type type) {
            asio::post(strand, [stop, type] { stop->emit(type); });
        });
    auto running = run_group(strand, std::move(operations), stop);
    auto ended = co_await asio::co_spawn(
        strand,
        std::move(running),
        asio::bind_cancellation_slot(asio::cancellation_slot{}, asio::use_awaitable));
    if (slot.is_connected())
        slot.clear();
    co_return ended;
}

} // namespace copg::detail
