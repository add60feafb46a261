// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <optional>

namespace copg::detail {

/// A pool's account with the budget that it shares with others, as the pool's core sees it.
class budget_account {
public:
    using time = std::chrono::steady_clock::time_point;

    /// Asks for room for one more connection.
    /// @param urgent  somebody waits for it: when there is no room, some is made, and the pool is
    /// told when to ask again
    virtual bool take(bool urgent) = 0;
    /// A connection is gone, or an attempt has failed.
    virtual void give() noexcept = 0;
    /// No more room is wanted than has been given.
    virtual void is_content() noexcept = 0;
    /// A connection comes back: whether it has to make room for another pool.
    virtual bool must_yield(bool has_waiters) noexcept = 0;
    /// The pool was asked for an idle connection and has one: whether that has to go; give()
    /// follows when it is gone.
    virtual bool yields() noexcept = 0;
    /// Since when the pool's longest unused connection is idle.
    virtual void note_idle(std::optional<time> oldest) noexcept = 0;

protected:
    ~budget_account() = default;
};

} // namespace copg::detail
