// SPDX-License-Identifier: BSL-1.0
#include "driver/name_lookup.hpp"

#include "driver/off_loop.hpp"

#include <copg/base/error.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fmt/format.h>

namespace copg::detail {
namespace {

struct lookup {
    std::string host;
    std::vector<std::string> addresses;
    boost::system::error_code failure;

    void run() {
        asio::io_context nothing_runs_here;
        asio::ip::tcp::resolver resolver{nothing_runs_here};
        for (auto const& entry : resolver.resolve(host, "", failure))
            addresses.push_back(entry.endpoint().address().to_string());
    }
};

} // namespace

asio::awaitable<std::vector<connect_target>> look_up(connect_target target,
                                                     time_limit const& limit) {
    std::vector<connect_target> found;
    if (!target.needs_lookup()) {
        found.push_back(std::move(target));
        co_return found;
    }
    auto const looking = std::make_shared<lookup>();
    looking->host = target.host;
    std::function<void()> const work = [looking] { looking->run(); };
    co_await off_loop(helper_threads::for_names(), work, limit);
    if (looking->failure)
        throw error{errc::connect_failed,
                    fmt::format("connect failed: cannot look up {}: {}",
                                target.description(),
                                looking->failure.message())};
    for (auto const& address : looking->addresses)
        found.push_back({target.host, address, target.port});
    co_return found;
}

} // namespace copg::detail
