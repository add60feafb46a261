// SPDX-License-Identifier: BSL-1.0
// Pools by identifier: one reference each, no two settings under one name.
#include "support/cluster.hpp"
#include "support/managers.hpp"

#include <boost/test/data/test_case.hpp>

#include <ostream>

using namespace copg::test;
using copg::errc;

namespace {

struct spelling {
    char const* written;
    char const* meant;

    friend std::ostream& operator<<(std::ostream& out, spelling const& s) {
        return out << '"' << s.written << '"';
    }
};

// D5, X16
spelling const spellings[] = {{"", "default"},
                              {"  \t", "default"},
                              {" Primary ", "primary"},
                              {"https://Shop.Example/", "shop.example"},
                              {"http://shop.example//", "shop.example"},
                              {"127.0.0.1", "localhost"},
                              {"127.0.0.1:5432", "localhost:5432"},
                              {"http://127.0.0.1/", "localhost"},
                              {"127.0.0.10", "127.0.0.10"},
                              {"db127.0.0.1", "db127.0.0.1"},
                              {"tenant-42", "tenant-42"}};

std::size_t backends(scratch_database const& database) {
    return std::stoul(scratch_database{}.text(
        "select count(*)::text from pg_stat_activity where datname = '" + database.name() + "'"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_manager_identifiers)

BOOST_DATA_TEST_CASE(identifiers_are_compared_in_a_normal_form, spellings) {
    BOOST_TEST(copg::normalize_identifier(sample.written) == sample.meant);
}

// D2, E1, E3
COPG_COROUTINE_TEST(the_same_identifier_and_target_share_a_pool_and_count_references) {
    scratch_database const database;
    auto routes = co_await make_manager();
    copg::target const where{.dsn = database.dsn()};
    auto const one = co_await routes.create_pool("Primary", where);
    copg::target const same{.dsn = database.dsn() + " port=" + std::to_string(cluster().port())};
    auto const two = co_await routes.create_pool(" primary", same);
    BOOST_TEST(one.identifier() == "primary");
    BOOST_TEST((one.db().pool() == two.db().pool()));
    BOOST_TEST(one.references() == 2u);
    BOOST_TEST(one.db().pool().statistics().connected == 1u, "the second made no connection");
    BOOST_TEST(routes.statistics().identifiers == 1u);
}

// D3, D4
COPG_COROUTINE_TEST(the_same_identifier_with_another_target_is_a_conflict_before_any_traffic) {
    scratch_database const database;
    auto routes = co_await make_manager();
    copg::target const where{.dsn = database.dsn() + " password=p1"};
    auto const one = co_await routes.create_pool("x", where);
    auto const refused = [&](copg::target const& wanted, std::string const& what) {
        try {
            auto const never_awaited = routes.create_pool("X", wanted);
            BOOST_ERROR("no conflict");
        } catch (copg::error const& e) {
            BOOST_TEST((e.code() == errc::identifier_conflict));
            std::string const text = e.what();
            BOOST_TEST(text == "the pool \"x\" exists with another " + what);
        }
    };
    auto const base = database.dsn();
    refused({.dsn = base + " password=p2"}, "password");
    refused({.dsn = base + " password=p1 host=192.0.2.1"}, "host");
    refused({.dsn = base + " password=p1 dbname=other user=u"}, "dbname, user");
    refused({.dsn = base + " password=p1", .schema = "s"}, "schema");
    refused({.dsn = base + " password=p1 pool_max_conns=3"}, "maximum");
    BOOST_TEST(one.references() == 1u);
    co_await one.db().ping();
}

// E4, E5
COPG_COROUTINE_TEST(closing_one_identifier_leaves_the_other_and_closing_twice_is_nothing) {
    scratch_database const database;
    auto routes = co_await make_manager();
    copg::target const where{.dsn = database.dsn()};
    auto one = co_await routes.create_pool("one", where);
    auto const two = co_await routes.create_pool("two", where);
    BOOST_TEST((one.db().pool() == two.db().pool()));
    one.close();
    one.close();
    BOOST_TEST(one.closed());
    BOOST_TEST(one.references() == 0u);
    BOOST_TEST(one.identifier().empty());
    co_await two.db().ping();
    copg::pool_handle empty;
    empty.close();
    BOOST_CHECK_THROW(empty.db(), copg::error);
}

// E2, E6, E7, X18
COPG_COROUTINE_TEST(the_pool_lives_as_long_as_any_fork_of_a_handle) {
    scratch_database const database;
    auto routes = co_await make_manager();
    copg::target const where{.dsn = database.dsn()};
    auto original = co_await routes.create_pool("x", where);
    auto fork = original.fork();
    auto second = fork.fork();
    BOOST_TEST(fork.references() == 3u);
    original.close();
    BOOST_CHECK_THROW(original.fork(), copg::error);
    second.close();
    co_await fork.db().ping();
    BOOST_TEST(backends(database) == 1u);
    fork.close();
    BOOST_TEST(routes.statistics().identifiers == 0u);
    BOOST_TEST(routes.statistics().pools.empty());
    co_await eventually([&] { return backends(database) == 0; });
}

COPG_COROUTINE_TEST(an_identifier_is_free_again_after_its_last_reference) {
    scratch_database const one;
    scratch_database const two;
    auto routes = co_await make_manager();
    copg::target const first{.dsn = one.dsn()};
    auto handle = co_await routes.create_pool("x", first);
    handle.close();
    copg::target const second{.dsn = two.dsn()};
    handle = co_await routes.create_pool("x", second);
    BOOST_TEST(handle.references() == 1u);
}

COPG_COROUTINE_TEST(a_pool_that_cannot_be_created_leaves_its_identifier_free) {
    scratch_database const database;
    auto routes = co_await make_manager();
    copg::target const nowhere{.dsn = cluster().dsn("none")};
    auto const end = co_await end_of(routes.create_pool("x", nowhere));
    BOOST_TEST((end.code == copg::sqlstate::invalid_catalog_name));
    BOOST_TEST(routes.statistics().identifiers == 0u);
    copg::target const where{.dsn = database.dsn()};
    auto const handle = co_await routes.create_pool("x", where);
    co_await handle.db().ping();
}

COPG_COROUTINE_TEST(a_pool_of_another_type_of_database_is_refused) {
    auto routes = co_await make_manager();
    copg::target const files{.dsn = {}, .type = copg::database_type::sqlite};
    BOOST_TEST(
        (code_of([&] { return routes.create_pool("x", files); }) == errc::unsupported_database));
}

BOOST_AUTO_TEST_SUITE_END()
