// SPDX-License-Identifier: BSL-1.0
#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace copg::bench {
namespace {

constexpr unsigned direct_bits = 11; // values below 2^11 have a bucket each
constexpr std::uint64_t half = std::uint64_t{1} << (direct_bits - 1);
constexpr std::size_t buckets = (64 - direct_bits) * half + 2 * half;

unsigned shift_of(std::uint64_t value) noexcept {
    auto const width = static_cast<unsigned>(std::bit_width(value));
    return width > direct_bits ? width - direct_bits : 0;
}

std::size_t bucket_of(std::uint64_t value) noexcept {
    auto const shift = shift_of(value);
    return shift * half + (value >> shift);
}

std::uint64_t highest_in(std::size_t bucket) noexcept {
    auto const shift = bucket < 2 * half ? 0 : bucket / half - 1;
    auto const scaled = bucket - shift * half;
    return ((scaled + 1) << shift) - 1;
}

} // namespace

histogram::histogram() : counts_(buckets) {}

void histogram::record(std::chrono::nanoseconds value) noexcept {
    auto const counted = std::max<std::int64_t>(value.count(), 0);
    ++counts_[bucket_of(static_cast<std::uint64_t>(counted))];
    ++count_;
    max_ = std::max(max_, value);
}

void histogram::clear() noexcept {
    std::fill(counts_.begin(), counts_.end(), 0);
    count_ = 0;
    max_ = std::chrono::nanoseconds{0};
}

std::chrono::nanoseconds histogram::quantile(double share) const noexcept {
    auto const wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (counts_[bucket] > 0 && seen >= wanted)
            return std::min(max_, std::chrono::nanoseconds{highest_in(bucket)});
    }
    return max_;
}

} // namespace copg::bench
