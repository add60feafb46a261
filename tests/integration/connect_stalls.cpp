// SPDX-License-Identifier: BSL-1.0
// Whatever a connect waits for, the loop goes on, and the caller can leave at once.
#include "support/canned_server.hpp"
#include "support/certificates.hpp"
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/held_file.hpp"
#include "support/name_server.hpp"
#include "support/sockets.hpp"

#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <optional>

using namespace copg::test;
using copg::connection;
using copg::errc;

namespace {

using asio::ip::tcp;

/// Connects, and while the connect is stalled runs queries on the same loop; then cancels.
asio::awaitable<void> others_go_on(copg::connect_options options, std::function<bool()> stalled) {
    constexpr int queries = 100;
    auto const executor = co_await asio::this_coro::executor;
    auto other = co_await connection::connect(cluster().dsn().c_str());
    auto const before = open_sockets();
    options.timeout(60s);
    std::optional<ending> end;
    asio::cancellation_signal signal;
    asio::co_spawn(executor,
                   end_of(connection::connect(options)),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr, ending e) { end = std::move(e); }));
    co_await eventually(stalled);
    auto answered = 0;
    for (int i = 0; i < queries; ++i) {
        co_await other.ping();
        ++answered;
    }
    BOOST_TEST(answered == queries);
    BOOST_TEST(!end.has_value());
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return end.has_value(); });
    BOOST_TEST((end->code == std::errc::operation_canceled), end->message);
    // A socket of a step that hangs on a helper thread goes when the step ends; no other is left.
    co_await eventually([&] { return open_sockets() <= before + 1; });
}

asio::awaitable<void> times_out(copg::connect_options options) {
    options.timeout(50ms);
    auto const end = co_await end_of(connection::connect(options));
    BOOST_TEST((end.code == errc::connect_timeout), end.message);
}

/// A port whose packets are dropped: the queue of those to be accepted is full.
class full_backlog {
public:
    full_backlog() : acceptor_{context_} {
        acceptor_.open(tcp::v4());
        acceptor_.bind({asio::ip::address_v4::loopback(), 0});
        acceptor_.listen(0);
        constexpr int more_than_enough = 8;
        for (int i = 0; i < more_than_enough; ++i) {
            auto& socket = waiting_.emplace_back(context_);
            socket.open(tcp::v4());
            socket.non_blocking(true); // for connect() itself: Asio's would wait
            auto const there = acceptor_.local_endpoint();
            ::connect(socket.native_handle(), there.data(), static_cast<socklen_t>(there.size()));
        }
    }
    copg::connect_options options() const {
        return copg::connect_options{fmt::format("host=127.0.0.1 port={} user=app dbname=app",
                                                 acceptor_.local_endpoint().port())};
    }

private:
    asio::io_context context_;
    tcp::acceptor acceptor_;
    std::vector<tcp::socket> waiting_;
};

canned_answers silent_tls() {
    canned_answers answers;
    answers.to_tls_request = "S";
    return answers;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_connect_stalls)

COPG_COROUTINE_TEST(a_server_that_is_silent_in_its_tls_handshake) {
    canned_server const server{silent_tls()};
    copg::connect_options const options{server.dsn() + "?sslmode=require"};
    co_await others_go_on(options, [&] { return server.answers() == 1; });
    co_await times_out(options);
}

COPG_COROUTINE_TEST(a_server_that_is_silent_after_the_start_up_message) {
    canned_server const server{canned_answers{}};
    copg::connect_options const options{server.dsn() + "?sslmode=disable"};
    co_await others_go_on(options, [&] { return server.answers() == 1; });
    co_await times_out(options);
}

COPG_COROUTINE_TEST(an_address_that_drops_packets) {
    full_backlog const nobody;
    auto const sockets = open_sockets();
    co_await others_go_on(nobody.options(), [&] { return open_sockets() > sockets; });
    co_await times_out(nobody.options());
}

COPG_COROUTINE_TEST(a_silent_name_server_holds_up_nobody_and_no_other_name) {
    name_server names;
    names.hold("silent.test");
    names.set("quick.test", {"127.0.0.1"});
    copg::connect_options const options{"host=silent.test user=app dbname=app"};
    co_await others_go_on(options, [&] { return names.lookups("silent.test") == 1; });
    co_await times_out(options);
    auto const dsn =
        fmt::format("host=quick.test port={} user=postgres dbname=postgres", cluster().port());
    auto c = co_await connection::connect(dsn.c_str());
    co_await c.ping();
}

BOOST_AUTO_TEST_CASE(a_loop_is_destroyed_while_a_name_server_is_silent) {
    name_server names;
    names.hold("silent.test");
    asio::io_context loop;
    asio::co_spawn(loop,
                   end_of(connection::connect("host=silent.test user=app dbname=app")),
                   [](std::exception_ptr, ending) { BOOST_ERROR("it ended"); });
    while (names.lookups("silent.test") == 0)
        loop.poll_one();
    BOOST_TEST(names.lookups("silent.test") == 1);
}

COPG_COROUTINE_TEST(a_certificate_file_that_cannot_be_read) {
    certificate_authority authority;
    auto const identity = authority.issue("db.test");
    copg::testing::temporary_cluster const server{copg::testing::cluster_options{}.tls(
        content_of(identity.file), content_of(identity.key_file))};
    held_file file;
    copg::connect_options const options{server.tcp_dsn() +
                                        "?sslmode=verify-ca&sslrootcert=" + file.path()};
    auto const before = open_sockets();
    co_await others_go_on(options, [&] { return file.is_being_read(); });
    co_await times_out(options);
    file.let_go();
    co_await eventually([&] { return open_sockets() <= before; });
}

COPG_COROUTINE_TEST(a_service_file_that_cannot_be_read) {
    held_file file;
    ::setenv("PGSERVICEFILE", file.path().c_str(), 1);
    copg::connect_options const options{"service=held"};
    co_await others_go_on(options, [&] { return file.is_being_read(); });
    co_await times_out(options);
    file.let_go();
    ::unsetenv("PGSERVICEFILE");
}

BOOST_AUTO_TEST_SUITE_END()
