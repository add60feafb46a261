// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/pool_health.hpp>
#include <copg/pool/pool.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace copg::detail {

class pool_directory;

/// What all that leads to one target shares: its pool, made at the first use. It keeps the pool
/// open; the tenants, names and identifiers that lead here keep it.
///
/// States: not made; made; closed with the manager. Thread-safe. A factory is called under the
/// mutex of this object alone, so that one pool is made however many want it first.
class physical_pool : public std::enable_shared_from_this<physical_pool> {
public:
    /// @param key  by which the directory knows it
    physical_pool(std::shared_ptr<pool_directory> directory,
                  std::string key,
                  connect_options target,
                  pool_options options);
    /// Of a pool that somebody else made, and closes.
    physical_pool(pool const& adopted, health_options const& health);
    ~physical_pool();
    physical_pool(physical_pool const&) = delete;
    physical_pool& operator=(physical_pool const&) = delete;

    /// @throws error errc::manager_closed; what the factory throws
    pool get();
    /// The pool, if it has been made.
    std::optional<pool> made() const;
    /// What watches it, once it has been made.
    std::optional<pool_health> health() const;

    std::string const& key() const noexcept { return key_; }
    connect_options const& target() const noexcept { return target_; }
    pool_options const& options() const noexcept { return options_; }

    /// Others want different options, which have no effect on a pool that is shared.
    void note_ignored(std::vector<std::string> const& names);
    std::vector<std::string> ignored_options() const;

private:
    std::shared_ptr<pool_directory> const directory_; // null of an adopted pool
    std::string const key_;
    connect_options const target_;
    pool_options const options_;
    std::mutex making_; // held while the pool is made
    mutable std::mutex mutex_;
    std::optional<pool> pool_;          // guarded by mutex_, written under making_ too
    std::optional<pool_health> health_; // likewise
    std::set<std::string> ignored_;     // guarded by mutex_
};

} // namespace copg::detail
