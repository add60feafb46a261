// SPDX-License-Identifier: BSL-1.0
// A connect that is cancelled leaves no socket, here or at the server, at whatever step it is.
#include "support/certificates.hpp"
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/sockets.hpp"

#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <optional>

using namespace copg::test;
using copg::connection;

namespace {

/// Connects on a loop that is run one handler at a time, and cancels after so many.
/// @return what it ended with, or nothing when it was through before that
std::optional<ending> cancelled_after(std::size_t steps, copg::connect_options const& options) {
    asio::io_context loop;
    asio::cancellation_signal signal;
    std::optional<ending> end;
    asio::co_spawn(
        loop,
        end_of(connection::connect(options)),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failure, ending e) {
            end = failure ? describe(failure) : std::move(e);
        }));
    for (std::size_t i = 0; i < steps && !end; ++i)
        loop.run_one();
    if (end)
        return std::nullopt;
    signal.emit(asio::cancellation_type::terminal);
    loop.run_for(60s);
    BOOST_TEST_REQUIRE(end.has_value());
    return end;
}

void cancel_at_every_step(copg::testing::temporary_cluster& server, std::string const& dsn) {
    copg::connect_options const options{dsn};
    auto const before = open_sockets();
    std::size_t steps = 0;
    std::size_t aborted = 0;
    while (auto const end = cancelled_after(steps, options)) {
        ++steps;
        aborted += end->code == std::errc::operation_canceled;
        // The last steps may be too late to cancel: then the connection was made and closed.
        BOOST_TEST((!end->code || end->code == std::errc::operation_canceled), end->message);
        BOOST_TEST_REQUIRE(steps < 1'000);
    }
    BOOST_TEST(aborted > 5);
    auto const body = [&]() -> asio::awaitable<void> {
        co_await eventually([&] { return open_sockets() <= before; });
        auto c = co_await connection::connect(server.dsn().c_str());
        std::int64_t others = 1;
        while (others != 0) {
            auto const count = co_await c.fetch_one<std::int64_t>(
                "select count(*) from pg_stat_activity "
                "where backend_type = 'client backend' and pid <> pg_backend_pid()");
            others = count;
        }
    };
    run(body());
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_connect_cancel)

BOOST_AUTO_TEST_CASE(no_socket_is_left_at_any_step_over_tcp) {
    copg::testing::temporary_cluster server;
    cancel_at_every_step(server, server.tcp_dsn());
}

BOOST_AUTO_TEST_CASE(no_socket_is_left_at_any_step_with_a_name_and_tls) {
    certificate_authority authority;
    auto const identity = authority.issue("localhost");
    copg::testing::temporary_cluster server{copg::testing::cluster_options{}.tls(
        content_of(identity.file), content_of(identity.key_file))};
    cancel_at_every_step(server,
                         fmt::format("host=localhost port={} user=postgres dbname=postgres "
                                     "sslmode=verify-full sslrootcert={}",
                                     server.port(),
                                     authority.file()));
}

BOOST_AUTO_TEST_CASE(no_socket_is_left_when_the_loop_is_destroyed_at_any_step) {
    auto const before = open_sockets();
    auto ended = false;
    for (std::size_t steps = 0; !ended; ++steps) {
        BOOST_TEST_REQUIRE(steps < 1'000);
        asio::io_context loop;
        asio::co_spawn(loop,
                       end_of(connection::connect(cluster().tcp_dsn().c_str())),
                       [&](std::exception_ptr, ending) { ended = true; });
        for (std::size_t i = 0; i < steps && !ended; ++i)
            loop.run_one();
    }
    auto const body = [&]() -> asio::awaitable<void> {
        co_await eventually([&] { return open_sockets() <= before; });
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
