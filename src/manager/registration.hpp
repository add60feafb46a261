// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/pool_directory.hpp"

#include <copg/scope/database.hpp>

#include <mutex>
#include <optional>

namespace copg::detail {

/// What a tenant or a name leads to. Its pool is made, or found, at the first use; the registration
/// keeps it from then on. Thread-safe.
class registration {
public:
    registration(dsn target, session bound_to, scope_key key, pool_options const& options)
        : target_{std::move(target)},
          session_{std::move(bound_to)},
          key_{std::move(key)},
          options_{options.checked()} {}

    database const& handle(pool_directory& pools) {
        std::call_once(once_, [this, &pools] {
            handle_.emplace(pools.get(target_, options_), session_, key_);
        });
        return *handle_;
    }

private:
    dsn const target_;
    session const session_;
    scope_key const key_;
    pool_options const options_;
    std::once_flag once_;
    std::optional<database> handle_; // written once, under once_
};

} // namespace copg::detail
