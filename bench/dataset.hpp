// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

namespace copg::bench {

namespace asio = boost::asio;

constexpr int rows_per_tenant = 1'000;

/// The schema of a tenant; each has a table `items (id int primary key, v text)`.
std::string schema_of(std::size_t tenant);

/// Makes the schemas of tenants 0 to count - 1 with their rows. @param progress  told after each
asio::awaitable<void>
make_tenants(std::string dsn, std::size_t count, std::function<void(std::size_t)> progress);

asio::awaitable<void> drop_tenants(std::string dsn, std::size_t count);

/// `server_version` of the server.
asio::awaitable<std::string> server_version(std::string dsn);

} // namespace copg::bench
