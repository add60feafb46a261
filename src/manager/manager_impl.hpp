// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/identifier_table.hpp"
#include "manager/pool_directory.hpp"
#include "manager/registry.hpp"
#include "manager/route.hpp"

#include <copg/manager/manager_options.hpp>
#include <copg/manager/manager_reports.hpp>
#include <copg/manager/target.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace copg::detail {

/// What a manager's handles share.
class manager_impl {
public:
    manager_impl(asio::any_io_executor executor, manager_options const& options);
    ~manager_impl();

    /// What a target says, checked, with its pool found but not made.
    registration::pointer
    register_target(scope_key::kind what, std::string_view id, target const& where);

    /// @throws error errc::manager_closed
    void require_open() const;

    registry& registry_of(scope_key::kind what) noexcept {
        return what == scope_key::kind::tenant ? tenants : names;
    }

    /// @throws error errc::manager_closed
    void add(scope_key::kind what, registration::pointer const& entry);
    /// As registry::open and registry::get. @throws error errc::manager_closed
    database open(scope_key::kind what, std::string_view id);
    registration::pointer get(scope_key::kind what, std::string_view id);

    /// From now on every call is an error. @return the pools to close
    std::vector<std::shared_ptr<pool_impl>> close() noexcept;

    asio::any_io_executor const executor;
    pool_options const defaults;
    std::shared_ptr<pool_directory> const pools;
    std::shared_ptr<identifier_table> const identifiers;
    route_table routes;
    registry tenants{scope_key::kind::tenant};
    registry names{scope_key::kind::named};

    std::mutex mutex; // guards all below
    std::optional<std::string> default_name;
    std::optional<shutdown_report> report;

private:
    std::shared_ptr<route const> route_of(target const& where);

    std::atomic<bool> closed_{false};
};

/// Sees to it that there is a connection.
asio::awaitable<void> verify_pool(pool made);

} // namespace copg::detail
