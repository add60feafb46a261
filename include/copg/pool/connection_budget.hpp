// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace copg {

namespace detail {
class budget_state;
}

/// Bounds the connections of all pools that have it in their options, together: for a server that
/// many databases or roles share.
///
/// A pool that needs a connection while the budget is used up waits for its turn. To make room, the
/// connection that has been idle for longest in any of the pools is closed; and a pool that has at
/// least two more connections than one that waits, or some where that one has none, gives one up
/// when it comes back, even if it has waiters itself. Each pool can always have its
/// pool_options::budget_minimum.
///
/// Copies share the budget. Thread safety: every function may be called from any thread.
class COPG_API connection_budget {
public:
    /// @param maximum  most connections, those being made or closed included; at least 1
    /// @throws error errc::invalid_configuration
    explicit connection_budget(std::size_t maximum);
    ~connection_budget();

    std::size_t maximum() const noexcept;
    /// Connections that the pools have now.
    std::size_t used() const noexcept;
    /// Pools that wait for room now.
    std::size_t waiting() const noexcept;
    /// Connections that were closed or given up to make room, so far.
    std::uint64_t reclaimed() const noexcept;

    /// For copg's own layers.
    std::shared_ptr<detail::budget_state> const& state() const noexcept { return state_; }

private:
    std::shared_ptr<detail::budget_state> state_;
};

} // namespace copg
