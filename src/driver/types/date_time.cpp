// SPDX-License-Identifier: BSL-1.0
#include "driver/types/clock_text.hpp"

#include <copg/driver/types/date.hpp>
#include <copg/driver/types/timestamp.hpp>

#include <fmt/format.h>

namespace copg {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;

// PostgreSQL counts dates and times from 2000-01-01 (src/include/datatype/timestamp.h).
constexpr sys_days postgres_epoch = std::chrono::year{2000} / 1 / 1;
constexpr microseconds epoch_offset = postgres_epoch.time_since_epoch();
constexpr std::int64_t microseconds_in_day = microseconds{days{1}}.count();

struct civil_date {
    std::int64_t year;
    unsigned month;
    unsigned day;
};

// std::chrono::year ends at 32767. The algorithm is Howard Hinnant's civil_from_days.
civil_date civil_of(std::int64_t days_since_2000) noexcept {
    auto const count = days_since_2000 + 730425; // from 0000-03-01
    auto const era = (count >= 0 ? count : count - 146096) / 146097;
    auto const day_of_era = static_cast<unsigned>(count - era * 146097);
    auto const year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    auto const day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    auto const month = (5 * day_of_year + 2) / 153;
    civil_date civil{};
    civil.day = day_of_year - (153 * month + 2) / 5 + 1;
    civil.month = month < 10 ? month + 3 : month - 9;
    civil.year = era * 400 + year_of_era + (civil.month <= 2 ? 1 : 0);
    return civil;
}

std::string text_of(std::int64_t days_since_2000, std::string_view time) {
    auto const civil = civil_of(days_since_2000);
    auto const before_christ = civil.year <= 0;
    return fmt::format("{:04}-{:02}-{:02}{}{}",
                       before_christ ? 1 - civil.year : civil.year,
                       civil.month,
                       civil.day,
                       time,
                       before_christ ? " BC" : "");
}

} // namespace

date::date(sys_days day) {
    std::int64_t const count = (day - postgres_epoch).count();
    // The two ends of the range stand for -infinity and infinity.
    if (count <= std::numeric_limits<std::int32_t>::min() ||
        count >= std::numeric_limits<std::int32_t>::max())
        detail::throw_out_of_range("a date beyond the server's");
    days_ = static_cast<std::int32_t>(count);
}

sys_days date::to_chrono() const {
    if (is_infinite())
        detail::throw_out_of_range("an infinite date");
    if (days_ > std::numeric_limits<std::int32_t>::max() - epoch_offset / days{1})
        detail::throw_out_of_range("a date beyond the clock");
    return postgres_epoch + days{days_};
}

std::string date::to_string() const {
    if (is_infinite())
        return *this == infinity() ? "infinity" : "-infinity";
    return text_of(days_, "");
}

template <class Clock>
basic_timestamp<Clock>::basic_timestamp(time_point time) {
    auto const count = time.time_since_epoch().count();
    if (count < std::numeric_limits<std::int64_t>::min() + epoch_offset.count() + 1)
        detail::throw_out_of_range("a timestamp before the server's");
    count_ = count - epoch_offset.count();
}

template <class Clock>
auto basic_timestamp<Clock>::to_chrono() const -> time_point {
    if (is_infinite())
        detail::throw_out_of_range("an infinite timestamp");
    if (count_ > std::numeric_limits<std::int64_t>::max() - epoch_offset.count())
        detail::throw_out_of_range("a timestamp beyond the clock");
    return time_point{microseconds{count_} + epoch_offset};
}

template <class Clock>
std::string basic_timestamp<Clock>::to_string() const {
    if (is_infinite())
        return *this == infinity() ? "infinity" : "-infinity";
    auto const rest = (count_ % microseconds_in_day + microseconds_in_day) % microseconds_in_day;
    auto const day = count_ / microseconds_in_day - (count_ % microseconds_in_day < 0 ? 1 : 0);
    auto time = ' ' + detail::clock_text(microseconds{rest});
    if constexpr (std::is_same_v<Clock, std::chrono::system_clock>)
        time += "+00";
    return text_of(day, time);
}

template class basic_timestamp<std::chrono::local_t>;
template class basic_timestamp<std::chrono::system_clock>;

} // namespace copg
