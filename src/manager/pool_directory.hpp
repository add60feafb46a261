// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/physical_pool.hpp"

#include <copg/manager/manager_options.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace copg::detail {

/// The physical pools by canonical connection string. Holds them weakly, unless they are to be
/// retained: whoever uses one keeps it. Thread-safe; nothing waits under the mutex, and no user's
/// code runs under it.
class pool_directory : public std::enable_shared_from_this<pool_directory> {
public:
    pool_directory(asio::any_io_executor executor, manager_options const& options);

    /// The one of a target; if it is new, with these options for its pool. What has hooks of its
    /// own is never shared.
    std::shared_ptr<physical_pool> at(dsn const& target, pool_options const& options, bool shared);

    /// For physical_pool: its pool, which a handle may have kept from a former one.
    pool make(physical_pool& wanted);
    /// For physical_pool: it is gone.
    void forget(std::string const& key) noexcept;

    struct known_pool {
        std::shared_ptr<physical_pool> physical; // null when only handles keep the pool
        std::optional<pool> made;
    };
    std::vector<known_pool> all() const;

    /// From now on no pool is made. @return those that were, also those that only leases keep
    std::vector<std::shared_ptr<pool_impl>> close() noexcept;
    /// Retains no pool any more.
    void release() noexcept;

    std::shared_ptr<connection_budget> const& budget() const noexcept { return budget_; }
    health_options const& health() const noexcept { return health_; }

private:
    struct entry {
        std::weak_ptr<physical_pool> physical;
        std::weak_ptr<pool_owner> owner;             // of the pool that was made last
        std::vector<std::weak_ptr<pool_impl>> pools; // it, and those before

        bool of_use() const noexcept;
    };

    asio::any_io_executor const executor_;
    pool_factory const factory_;
    std::shared_ptr<connection_budget> const budget_; // may be null
    health_options const health_;

    mutable std::mutex mutex_; // guards all below
    std::unordered_map<std::string, entry> entries_;
    std::vector<std::shared_ptr<physical_pool>> retained_;
    bool retains_;
    std::uint64_t last_unshared_ = 0;
    std::size_t sweep_at_ = 64; // entries, when those that are of no use are looked for
    bool closed_ = false;
};

} // namespace copg::detail
