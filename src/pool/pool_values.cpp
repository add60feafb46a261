// SPDX-License-Identifier: BSL-1.0
#include <copg/pool/close_reason.hpp>
#include <copg/pool/wait_breakdown.hpp>

#include <fmt/format.h>

namespace copg {

std::string_view to_string(close_reason reason) noexcept {
    switch (reason) {
    case close_reason::lost:
        return "lost";
    case close_reason::unusable:
        return "unusable";
    case close_reason::idle:
        return "idle";
    case close_reason::maximum_idle:
        return "maximum idle";
    case close_reason::lifetime:
        return "lifetime";
    case close_reason::refreshed:
        return "refreshed";
    case close_reason::resized:
        return "resized";
    case close_reason::budget:
        return "budget";
    case close_reason::discarded:
        return "discarded";
    case close_reason::pool_closed:
        return "pool closed";
    }
    return "unknown";
}

wait_breakdown& wait_breakdown::operator+=(wait_breakdown const& other) noexcept {
    total += other.total;
    in_use += other.in_use;
    connecting += other.connecting;
    unreachable += other.unreachable;
    closing += other.closing;
    paused += other.paused;
    tenant_maximum += other.tenant_maximum;
    return *this;
}

std::string wait_breakdown::describe() const {
    std::string text;
    auto const add = [&text](std::chrono::nanoseconds time, char const* cause) {
        if (time.count() > 0)
            text += fmt::format("{}{:.1f} ms {}",
                                text.empty() ? "" : ", ",
                                std::chrono::duration<double, std::milli>{time}.count(),
                                cause);
    };
    add(in_use, "all in use");
    add(connecting, "connecting");
    add(unreachable, "server unreachable");
    add(closing, "cleaning up");
    add(paused, "paused");
    add(tenant_maximum, "tenant at its maximum");
    return text.empty() ? "no wait" : text;
}

} // namespace copg
