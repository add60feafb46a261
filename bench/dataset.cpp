// SPDX-License-Identifier: BSL-1.0
#include "dataset.hpp"

#include <copg/driver/connection.hpp>

#include <fmt/format.h>

namespace copg::bench {

std::string schema_of(std::size_t tenant) {
    return fmt::format("copg_bench_{}", tenant);
}

asio::awaitable<void>
make_tenants(std::string dsn, std::size_t count, std::function<void(std::size_t)> progress) {
    auto connection = co_await connection::connect(dsn.c_str());
    for (std::size_t tenant = 0; tenant < count; ++tenant) {
        auto const schema = schema_of(tenant);
        for (auto const& sql :
             {fmt::format("drop schema if exists {} cascade", schema),
              fmt::format("create schema {}", schema),
              fmt::format("create table {}.items (id int primary key, v text not null)", schema),
              fmt::format("insert into {0}.items select i, '{0} ' || md5(i::text) from "
                          "generate_series(1, {1}) i",
                          schema,
                          rows_per_tenant)})
            co_await connection.execute(sql);
        progress(tenant + 1);
    }
    co_await connection.execute("analyze");
}

asio::awaitable<void> drop_tenants(std::string dsn, std::size_t count) {
    auto connection = co_await connection::connect(dsn.c_str());
    for (std::size_t tenant = 0; tenant < count; ++tenant)
        co_await connection.execute(
            fmt::format("drop schema if exists {} cascade", schema_of(tenant)));
}

asio::awaitable<std::string> server_version(std::string dsn) {
    auto connection = co_await connection::connect(dsn.c_str());
    co_return connection.parameter_status("server_version");
}

} // namespace copg::bench
