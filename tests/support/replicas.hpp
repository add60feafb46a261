// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/coroutine_test.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/manager/replica_set.hpp>
#include <copg/testing/temporary_cluster.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <string>

namespace copg::test {

/// A connection string of servers of this machine, by their ports.
template <class... Ports>
std::string hosts_dsn(Ports... ports) {
    std::string hosts;
    std::string list;
    for (auto const port : {ports...}) {
        hosts += hosts.empty() ? "127.0.0.1" : ",127.0.0.1";
        list += (list.empty() ? "" : ",") + std::to_string(port);
    }
    return fmt::format("host={} port={} user=postgres dbname=postgres", hosts, list);
}

/// A primary and its standby.
struct replica_pair {
    testing::temporary_cluster primary;
    testing::temporary_cluster standby{testing::cluster_options{}.standby_of(primary)};

    std::string dsn() const { return hosts_dsn(primary.port(), standby.port()); }
};

/// No checks but those that the test asks for.
inline replica_options by_hand() {
    replica_options options;
    options.check_interval = std::chrono::milliseconds{0};
    options.check_timeout = 20s;
    return options;
}

inline asio::awaitable<replica_set>
make_set(std::string dsn, replica_options options, pool_options pools = {}) {
    auto const executor = co_await asio::this_coro::executor;
    co_return replica_set{executor, connect_options{dsn}, session{}, pools, options};
}

/// The server that a statement reaches.
template <class Target>
asio::awaitable<int> port_of(Target target) {
    auto const port =
        co_await target.template fetch_one<int>("select current_setting('port')::int");
    co_return port;
}

/// Lets a server take no more writes, and waits until a database's connection has heard of it.
inline asio::awaitable<void> make_read_only(testing::temporary_cluster const& server,
                                            database seen_by) {
    auto direct = co_await connection::connect(server.tcp_dsn().c_str());
    co_await direct.execute("alter system set default_transaction_read_only = on");
    co_await direct.execute("select pg_reload_conf()");
    auto const heard = [&] {
        return seen_by.fetch_one<bool>("select current_setting('default_transaction_read_only')::"
                                       "bool");
    };
    co_await eventually_answers(heard);
}

} // namespace copg::test
