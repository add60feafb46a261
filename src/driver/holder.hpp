// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <memory>
#include <source_location>
#include <string>

namespace copg::detail {

class connection_impl;

/// Who is using a connection now, and where that was started. Thread-safe.
class holder {
public:
    /// @return false when somebody is using it already
    bool take(std::source_location const& where) noexcept {
        if (taken_.test_and_set(std::memory_order_acquire))
            return false;
        where_.store(where, std::memory_order_relaxed);
        return true;
    }
    void release() noexcept { taken_.clear(std::memory_order_release); }

    bool is_taken() const noexcept { return taken_.test(std::memory_order_acquire); }
    /// Where the latest use was started.
    std::source_location where() const noexcept { return where_.load(std::memory_order_relaxed); }

private:
    std::atomic_flag taken_;
    std::atomic<std::source_location> where_;
};

/// The right to use a connection, for as long as it lives.
class claim {
public:
    /// @throws error errc::connection_busy, naming both places
    claim(std::shared_ptr<connection_impl> connection, std::source_location const& where);
    claim(claim const&) = delete;
    claim& operator=(claim const&) = delete;
    ~claim();

    /// Gives the right back now; the connection stays reachable.
    void release() noexcept;

    connection_impl& connection() const noexcept { return *connection_; }
    std::shared_ptr<connection_impl> const& shared() const noexcept { return connection_; }

private:
    std::shared_ptr<connection_impl> connection_;
    bool held_ = true;
};

} // namespace copg::detail
