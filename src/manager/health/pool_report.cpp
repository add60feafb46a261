// SPDX-License-Identifier: BSL-1.0
#include <copg/manager/pool_report.hpp>

#include <fmt/format.h>

#include <numeric>

namespace copg {
namespace {

template <class T>
T since(T now, T before) {
    return now >= before ? now - before : now;
}

std::chrono::nanoseconds all_waits(pool_statistics const& of) {
    return of.waited.total + of.waited_for_nothing.total;
}

std::string seconds(std::chrono::nanoseconds time) {
    return fmt::format("{:.3g} s", std::chrono::duration<double>{time}.count());
}

void add_if_any(std::string& text, char const* what, std::uint64_t count) {
    if (count > 0)
        text += fmt::format(", {} {}", what, count);
}

} // namespace

pool_change::pool_change(pool_statistics const& now, pool_statistics const& before)
    : acquired{since(now.acquired, before.acquired)},
      acquired_after_wait{since(now.acquired_after_wait, before.acquired_after_wait)},
      timed_out{since(now.timed_out, before.timed_out)},
      cancelled{since(now.cancelled, before.cancelled)},
      queue_full{since(now.queue_full, before.queue_full)},
      nested_refused{since(now.nested_refused, before.nested_refused)},
      refused{since(now.refused, before.refused)},
      long_leases{since(now.long_leases, before.long_leases)},
      transactions_left_open{since(now.transactions_left_open, before.transactions_left_open)},
      connected{since(now.connected, before.connected)},
      connects_failed{since(now.connects_failed, before.connects_failed)},
      checks{since(now.checks, before.checks)},
      statements{since(now.requests.completed, before.requests.completed)},
      statements_failed{since(now.requests.failed, before.requests.failed)},
      round_trips{since(now.round_trips, before.round_trips)},
      waited{since(all_waits(now), all_waits(before))},
      held{since(now.held, before.held)} {
    for (std::size_t i = 0; i < close_reasons; ++i)
        closed_by[i] = since(now.closed_by[i], before.closed_by[i]);
}

std::uint64_t pool_change::closed() const noexcept {
    return std::accumulate(closed_by.begin(), closed_by.end(), std::uint64_t{0});
}

std::string describe(pool_report const& report) {
    auto const& now = report.now;
    auto const& change = report.change;
    auto text = fmt::format("{}: open {}, idle {}, in use {}, waiting {}",
                            report.name,
                            now.open,
                            now.idle,
                            now.in_use,
                            now.waiting);
    add_if_any(text, "connecting", now.connecting);
    add_if_any(text, "closing", now.closing);
    add_if_any(text, "connect failures in a row", now.connect_failures_in_a_row);
    text += fmt::format("; in {}: acquired {}, after a wait {} ({}), statements {}",
                        seconds(report.elapsed),
                        change.acquired,
                        change.acquired_after_wait,
                        seconds(change.waited),
                        change.statements);
    add_if_any(text, "failed", change.statements_failed);
    add_if_any(text, "timed out", change.timed_out);
    add_if_any(text, "cancelled", change.cancelled);
    add_if_any(text, "queue full", change.queue_full);
    add_if_any(text, "nested refused", change.nested_refused);
    add_if_any(text, "refused", change.refused);
    add_if_any(text, "long leases", change.long_leases);
    add_if_any(text, "transactions left open", change.transactions_left_open);
    add_if_any(text, "connected", change.connected);
    add_if_any(text, "connects failed", change.connects_failed);
    for (std::size_t i = 0; i < close_reasons; ++i)
        if (change.closed_by[i] > 0)
            text += fmt::format(
                ", closed ({}) {}", to_string(static_cast<close_reason>(i)), change.closed_by[i]);
    return text;
}

} // namespace copg
