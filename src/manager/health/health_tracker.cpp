// SPDX-License-Identifier: BSL-1.0
#include "manager/health/health_tracker.hpp"

#include "base/exception_text.hpp"

#include <copg/base/error.hpp>
#include <copg/base/sqlstate.hpp>

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace copg::detail {
namespace {

using kind = check_result::kind;

kind kind_of(std::error_code const& code) {
    if (code == sqlstate::too_many_connections || code == sqlstate::cannot_connect_now)
        return kind::strained;
    if (code == errc::connect_failed || code == errc::connection_lost ||
        code == errc::statement_in_doubt || code == sqlstate::admin_shutdown ||
        code == sqlstate::crash_shutdown)
        return kind::unreachable;
    return kind::failed;
}

kind kind_of(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (std::system_error const& e) {
        return kind_of(e.code());
    } catch (...) {
        return kind::failed;
    }
}

auto in_milliseconds(std::chrono::nanoseconds time) {
    return std::chrono::round<std::chrono::milliseconds>(time).count();
}

} // namespace

check_result::check_result(std::exception_ptr const& failure, std::chrono::nanoseconds took)
    : duration{took} {
    if (failure == nullptr)
        return;
    what = kind_of(failure);
    why = text_of(failure);
}

health_tracker::verdict health_tracker::checked(check_result const& result,
                                                health_status::time now) {
    verdict found;
    found.from = found.to = status_.state;
    if (is_closed())
        return found;
    auto const failed = result.what == kind::failed || result.what == kind::unreachable;
    ++status_.checks;
    status_.last_check = now;
    status_.last_duration = result.duration;
    status_.failures += failed ? 1 : 0;
    status_.consecutive_failures = failed ? status_.consecutive_failures + 1 : 0;
    found.to = status_.state = state_after(result);
    found.why = reason_of(result, found.to);
    if (result.what == kind::answered) {
        status_.last_success = now;
        found.refresh = std::exchange(outage_, false) && options_.auto_reconnect;
        status_.refreshes += found.refresh ? 1 : 0;
    } else {
        status_.last_error = result.why;
        outage_ |= result.what == kind::unreachable || found.to == health_state::unhealthy;
    }
    return found;
}

health_tracker::verdict health_tracker::closed() {
    verdict found;
    found.from = status_.state;
    found.to = status_.state = health_state::disconnected;
    found.why = "the pool is closed";
    return found;
}

health_state health_tracker::state_after(check_result const& result) const {
    switch (result.what) {
    case kind::answered: {
        auto const is_slow = options_.slow.count() > 0 && result.duration >= options_.slow;
        return is_slow ? health_state::degraded : health_state::healthy;
    }
    case kind::strained:
        return health_state::degraded;
    case kind::failed:
    case kind::unreachable:
        break;
    }
    return status_.consecutive_failures >= options_.unhealthy_after ? health_state::unhealthy
                                                                    : health_state::degraded;
}

std::string health_tracker::reason_of(check_result const& result, health_state state) const {
    if (result.what != kind::answered)
        return result.why;
    if (state == health_state::degraded)
        return fmt::format("the check took {} ms, the limit is {} ms",
                           in_milliseconds(result.duration),
                           options_.slow.count());
    return fmt::format("the check succeeded within {} ms", in_milliseconds(result.duration));
}

} // namespace copg::detail
