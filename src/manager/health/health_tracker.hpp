// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/health_options.hpp>
#include <copg/manager/health_status.hpp>

#include <chrono>
#include <exception>
#include <string>

namespace copg::detail {

/// How a check has ended.
struct check_result {
    enum class kind {
        answered,    ///< all is well
        strained,    ///< the server is there, and has no room or is not ready
        failed,      ///< it refuses, or does not answer in time
        unreachable, ///< it is not there: connections that it had may be dead
    };

    check_result() = default;
    check_result(std::exception_ptr const& failure, std::chrono::nanoseconds took);

    kind what = kind::answered;
    std::chrono::nanoseconds duration{};
    std::string why; ///< empty when it answered
};

/// What a pool's checks mean: code without I/O, clock or lock.
///
/// Invariants: unknown until the first check has ended; disconnected from closed() on, whatever
/// comes later; consecutive_failures is 0 after each answer; each outage asks for one refresh at
/// most, at its end.
class health_tracker {
public:
    explicit health_tracker(health_options const& options) : options_{options} {}

    /// What follows from an event.
    struct verdict {
        verdict() = default;

        health_state from = health_state::unknown;
        health_state to = health_state::unknown;
        std::string why;
        bool refresh = false; ///< the pool's connections are to be replaced

        bool has_changed() const noexcept { return from != to; }
    };

    verdict checked(check_result const& result, health_status::time now);
    verdict closed();

    health_status const& status() const noexcept { return status_; }
    bool is_closed() const noexcept { return status_.state == health_state::disconnected; }

private:
    health_state state_after(check_result const& result) const;
    std::string reason_of(check_result const& result, health_state state) const;

    health_options const options_;
    health_status status_;
    bool outage_ = false;
};

} // namespace copg::detail
