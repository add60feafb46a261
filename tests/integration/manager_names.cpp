// SPDX-License-Identifier: BSL-1.0
// What a manager says of its names, and does with all of them.
#include "support/cluster.hpp"
#include "support/fault_proxy.hpp"
#include "support/managers.hpp"

#include <copg/base/sql_error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <optional>

using namespace copg::test;
using copg::database_type;
using copg::errc;

namespace {

std::vector<std::string> names_of(std::vector<copg::named_connection> const& found) {
    std::vector<std::string> names;
    for (auto const& each : found)
        names.emplace_back(each.name());
    return names;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_manager_names)

// S1, S2, S8, X77
COPG_COROUTINE_TEST(the_default_connection_is_the_one_that_was_named_exactly) {
    auto routes = co_await make_manager();
    routes.set_named("Main", {.dsn = "host=h user=u", .schema = "one"});
    BOOST_TEST((code_of([&] { routes.default_connection(); }) == errc::no_default_connection));
    BOOST_TEST((code_of([&] { routes.set_default("main"); }) == errc::name_not_found));
    routes.set_default("Main");
    auto const before = routes.default_connection();
    BOOST_TEST(before.name() == "Main");
    routes.set_named("other", {.dsn = "host=h user=u"});
    routes.set_default("other");
    BOOST_TEST(before.name() == "Main");
    BOOST_TEST(routes.default_connection().name() == "other");
    routes.remove_named("other");
    BOOST_TEST((code_of([&] { routes.default_connection(); }) == errc::name_not_found));
    routes.set_named("", {.dsn = "host=h user=u"});
    routes.set_default("");
    BOOST_TEST(routes.default_connection().name().empty());
}

// S3
COPG_COROUTINE_TEST(names_are_found_by_their_tags) {
    auto routes = co_await make_manager();
    std::string const dsn = "host=h user=u";
    routes.set_named("b", {.dsn = dsn, .tags = {{"env", "prod"}, {"role", "main"}}});
    routes.set_named("a", {.dsn = dsn, .tags = {{"env", "prod"}}});
    routes.set_named("c", {.dsn = dsn});
    auto const all = names_of(routes.all());
    auto const prod = names_of(routes.find({{"env", "prod"}}));
    auto const main = names_of(routes.find({{"env", "prod"}, {"role", "main"}}));
    BOOST_TEST(all == (std::vector<std::string>{"a", "b", "c"}), boost::test_tools::per_element());
    BOOST_TEST(prod == (std::vector<std::string>{"a", "b"}), boost::test_tools::per_element());
    BOOST_TEST(main == (std::vector<std::string>{"b"}), boost::test_tools::per_element());
    BOOST_TEST(routes.find({{"env", "PROD"}}).empty());
}

COPG_COROUTINE_TEST(a_database_of_another_type_is_known_and_its_use_a_definite_error) {
    auto routes = co_await make_manager();
    routes.set_named("files", {.dsn = {}, .type = database_type::sqlite});
    routes.set_named("documents", {.dsn = {}, .type = database_type::mongodb});
    routes.set_named("rows", {.dsn = "host=h user=u"});
    BOOST_TEST((code_of([&] { routes.named("files"); }) == errc::unsupported_database));
    BOOST_TEST((code_of([&] { routes.named("documents"); }) == errc::not_sql_database));
    BOOST_TEST((code_of([&] { routes.get("files").db(); }) == errc::unsupported_database));
    BOOST_TEST((code_of([&] { routes.get("documents").mongodb(); }) == errc::unsupported_database));
    BOOST_TEST((code_of([&] { routes.get("rows").mongodb(); }) == errc::not_mongodb));
    BOOST_TEST((code_of([&] { routes.get("files").mongodb(); }) == errc::not_mongodb));
    BOOST_TEST((routes.get("files").type() == database_type::sqlite));
    BOOST_TEST(to_string(routes.get("files").type()) == "sqlite");
}

// X24: it stopped half-way, and a second call leaked what the first had made.
COPG_COROUTINE_TEST(connecting_all_makes_every_connection_or_none) {
    scratch_database const one;
    scratch_database const two;
    auto routes = co_await make_manager();
    routes.set_named("one", {.dsn = one.dsn()});
    routes.set_named("two", {.dsn = two.dsn()});
    routes.set_named("bad", {.dsn = cluster().dsn("no_such_database")});
    auto const end = co_await end_of(routes.connect_all());
    BOOST_TEST((end.code == copg::sqlstate::invalid_catalog_name), end.message);
    BOOST_TEST(end.message.find("\"bad\": ") != std::string::npos, end.message);
    BOOST_TEST(end.message.find("\"one\"") == std::string::npos, end.message);
    co_await eventually([&] { return routes.statistics().open == 0; });

    routes.remove_named("bad");
    routes.set_named("files", {.dsn = {}, .type = database_type::sqlite});
    for (int i = 0; i < 2; ++i) {
        auto const results = co_await routes.connect_all();
        BOOST_TEST(results.size() == 3u);
        BOOST_TEST((describe(results[0].failure).code == errc::unsupported_database));
    }
    BOOST_TEST(routes.statistics().open == 2u);
}

COPG_COROUTINE_TEST(connecting_all_as_well_as_may_be_reports_each) {
    scratch_database const one;
    auto routes = co_await make_manager();
    routes.set_named("one", {.dsn = one.dsn()});
    routes.set_named("bad", {.dsn = cluster().dsn("no_such_database")});
    routes.set_named("files", {.dsn = {}, .type = database_type::sqlite});
    auto const results = co_await routes.connect_all(copg::connect_mode::best_effort);
    BOOST_REQUIRE(results.size() == 3u);
    BOOST_TEST(results[0].name == "bad");
    BOOST_TEST((describe(results[0].failure).code == copg::sqlstate::invalid_catalog_name));
    BOOST_TEST((describe(results[1].failure).code == errc::unsupported_database));
    BOOST_TEST(!results[2].failure);
    BOOST_TEST(routes.statistics().open == 1u);
}

COPG_COROUTINE_TEST(cancelling_connect_all_leaves_no_connection) {
    scratch_database const database;
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    auto routes = co_await make_manager();
    routes.set_named("one", {.dsn = database.dsn()});
    routes.set_named("two", {.dsn = proxy.dsn("postgres")});
    auto const executor = co_await asio::this_coro::executor;
    asio::cancellation_signal stop;
    std::optional<ending> end;
    auto const note = [&end](std::exception_ptr const& failure, auto const&) {
        end = describe(failure);
    };
    asio::co_spawn(executor, routes.connect_all(), asio::bind_cancellation_slot(stop.slot(), note));
    co_await eventually([&] {
        return proxy.connections() == 1 && routes.get("one").statistics() &&
               routes.get("one").statistics()->idle == 1;
    });
    stop.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return end.has_value(); });
    BOOST_TEST((end->code == std::errc::operation_canceled), end->message);
    co_await eventually([&] { return routes.get("one").statistics()->open == 0; });
    routes.close();
}

// X22
COPG_COROUTINE_TEST(what_is_listed_is_a_copy) {
    auto routes = co_await make_manager();
    routes.set_named("n", {.dsn = "host=h user=u", .schema = "one"});
    auto const before = routes.get("n");
    routes.set_named("n", {.dsn = "host=h user=u", .schema = "two"});
    BOOST_TEST(before.where().schema == "one");
    routes.remove_named("n");
    BOOST_TEST(before.where().schema == "one");
    BOOST_TEST(routes.all().empty());
}

BOOST_AUTO_TEST_SUITE_END()
