// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/physical_pool.hpp"

#include <boost/container/small_vector.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace copg::detail {

/// A connection string as it was given, and the pool that it leads to. Many tenants share one.
struct route {
    std::string dsn;
    std::optional<pool_options> given;
    pool_options options; // what is given, or the manager's, and what the DSN says
    std::shared_ptr<physical_pool> leads_to;

    route(std::string dsn_,
          std::optional<pool_options> given_,
          pool_options options_,
          std::shared_ptr<physical_pool> leads_to_)
        : dsn{std::move(dsn_)},
          given{std::move(given_)},
          options{std::move(options_)},
          leads_to{std::move(leads_to_)} {}
};

/// The routes by their text: that a DSN need not be parsed and kept a million times. Holds them
/// weakly. Thread-safe.
class route_table {
public:
    /// The route of a text, if there is one with the same options.
    std::shared_ptr<route const> find(std::string_view dsn,
                                      std::optional<pool_options> const& given);

    /// Adds one. @return it, or the one that somebody else has added meanwhile
    std::shared_ptr<route const> add(std::shared_ptr<route const> const& fresh);

private:
    using routes = std::vector<std::weak_ptr<route const>>;
    using strong = boost::container::small_vector<std::shared_ptr<route const>, 2>;
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    /// @param seen  keeps what was looked at, so that it is not destroyed under the mutex
    std::shared_ptr<route const> find_under_lock(std::string_view dsn,
                                                 std::optional<pool_options> const& given,
                                                 strong& seen) const;
    void sweep();

    std::mutex mutex_;
    std::unordered_map<std::string, routes, hash, std::equal_to<>> routes_; // guarded by mutex_
    std::size_t sweep_at_ = 64; // texts, when those that are of no use are looked for
};

} // namespace copg::detail
