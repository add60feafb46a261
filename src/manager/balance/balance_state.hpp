// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/balance/balancer.hpp"
#include "manager/balance/pool_probe.hpp"

#include <copg/manager/balanced_member.hpp>

#include <boost/container/small_vector.hpp>

#include <atomic>
#include <list>

namespace copg::detail {

/// What the handles of a balanced set share: the members, whose turn it is, and what becomes of
/// them. Thread-safe; the health functions are called without any lock.
class balance_state {
public:
    /// The members that one operation has tried, by their number.
    class attempts {
    public:
        explicit attempts(balance_state const& state) : tried(state.members_.size()) {}

    private:
        friend balance_state;
        boost::container::small_vector<bool, 16> tried;
        std::size_t last = 0;
        bool fell_back = false;
    };

    /// @param reserve  used when no member is healthy, in place of what the options say; whether it
    ///                 serves or not, statements join its scopes
    balance_state(std::vector<balanced_member> const& members,
                  balance_options const& options,
                  std::optional<database> reserve = std::nullopt,
                  bool reserve_serves = true);

    /// The next member to try; nothing when there is none.
    std::optional<database> next(attempts& so_far);

    /// The member that was chosen last had no connection.
    void passed_on(attempts const& so_far) noexcept;

    /// The member or reserve in whose transaction scope a coroutine is.
    std::optional<database> in_scope(asio::any_io_executor const& executor) const;

    std::vector<balanced_member_statistics> statistics() const;
    std::uint64_t reserve_picks() const noexcept { return reserve_picks_; }

private:
    struct member {
        explicit member(balanced_member described)
            : what{std::move(described)}, probe{what.database().pool()} {}

        balanced_member const what;
        pool_probe probe;
        std::atomic<std::uint64_t> passed_on = 0;
    };

    static health_state health_of(balanced_member const& what, pool_load const& load) noexcept;
    balancer::standing standing_of(health_state health) const noexcept;

    std::list<member> members_;
    std::optional<database> const reserve_;
    bool const reserve_serves_;
    bool const refuses_;
    balancer turns_;
    std::atomic<std::uint64_t> reserve_picks_ = 0;
};

} // namespace copg::detail
