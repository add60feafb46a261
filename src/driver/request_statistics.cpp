// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/request_statistics.hpp>

#include <algorithm>
#include <bit>

namespace copg {

std::size_t duration_bucket(std::chrono::nanoseconds duration) noexcept {
    constexpr std::size_t last = 31;
    auto const whole = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    auto const microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(1, whole));
    return std::min(last, static_cast<std::size_t>(std::bit_width(microseconds)) - 1);
}

void request_statistics::add(std::chrono::nanoseconds duration, bool has_failed) noexcept {
    ++completed;
    failed += has_failed ? 1 : 0;
    time += duration;
    ++durations[duration_bucket(duration)];
}

request_statistics& request_statistics::operator+=(request_statistics const& other) noexcept {
    active += other.active;
    completed += other.completed;
    failed += other.failed;
    time += other.time;
    for (std::size_t i = 0; i < durations.size(); ++i)
        durations[i] += other.durations[i];
    return *this;
}

} // namespace copg
