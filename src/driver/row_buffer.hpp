// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/result.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace copg::detail {

/// Rows that have been read and not been taken, up to a bound: beyond it the connection stops
/// reading, and the server waits.
class row_buffer {
public:
    /// Few, since each result is an allocation of its own: so many fit the allocator's cache for a
    /// thread, which costs a third of what more of them do.
    static constexpr std::size_t most = 6;
    /// Rows that come together where libpq can do that (17 and newer).
    static constexpr int chunk = 32;

    bool empty() const noexcept { return rows_.empty(); }
    bool full() const noexcept { return rows_.size() >= most; }
    void push(result&& rows) { rows_.push_back(std::move(rows)); }

    /// Exchanges what has been read for an empty list.
    void swap(std::vector<result>& empty) noexcept { rows_.swap(empty); }

private:
    std::vector<result> rows_; // each holds one row, or several where libpq hands out chunks
};

} // namespace copg::detail
