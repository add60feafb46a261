// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <utility>

namespace copg {

/// One end of a range: a value that belongs to it or not, or no end at all.
template <class T>
struct range_bound {
    std::optional<T> value; ///< none: infinite
    bool inclusive = false;

    range_bound() = default;
    range_bound(std::optional<T> end, bool belongs)
        : value{std::move(end)}, inclusive{value.has_value() && belongs} {}

    friend bool operator==(range_bound const&, range_bound const&) = default;
};

/// A range of the server, with each end inclusive, exclusive or infinite; or empty. Ranges over
/// integers and dates come back from the server as `[a,b)`; == compares the parts.
template <class T>
class range {
public:
    using bound = range_bound<T>;

    range() = default; ///< the empty range
    range(bound lower, bound upper)
        : empty_{false}, lower_{std::move(lower)}, upper_{std::move(upper)} {}

    /// `[from,to)`
    static range half_open(T from, T to) {
        return {bound{std::move(from), true}, bound{std::move(to), false}};
    }
    /// `[from,to]`
    static range closed(T from, T to) {
        return {bound{std::move(from), true}, bound{std::move(to), true}};
    }
    /// `(,)`
    static range everything() { return {bound{}, bound{}}; }

    bool is_empty() const noexcept { return empty_; }
    bound const& lower() const noexcept { return lower_; }
    bound const& upper() const noexcept { return upper_; }

    friend bool operator==(range const&, range const&) = default;

private:
    bool empty_ = true;
    bound lower_;
    bound upper_;
};

} // namespace copg
