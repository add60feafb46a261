// SPDX-License-Identifier: BSL-1.0
#include "driver/off_loop.hpp"

#include "base/blocking_call.hpp"

#include <copg/base/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace copg::detail {

asio::awaitable<void>
off_loop(helper_threads& helpers, std::function<void()> work, time_limit const& limit) {
    limit.check(); // what has expired already will interrupt nothing
    auto const call = std::make_shared<blocking_call>(helpers, std::move(work));
    time_limit::interruption const interruptible{limit, [call] { call->stop(); }};
    auto const how = co_await call->run();
    if (how == blocking_call::outcome::refused)
        throw error{errc::connect_failed,
                    "connect failed: too many calls that can block wait for a helper thread"};
    if (how == blocking_call::outcome::done)
        co_return;
    limit.check();
    throw boost::system::system_error{asio::error::operation_aborted, "connect"};
}

} // namespace copg::detail
