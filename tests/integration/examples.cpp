// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/program.hpp"
#include "support/replicas.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

using namespace copg::test;

namespace {

std::string read(std::string const& file) {
    std::ifstream stream{std::string{COPG_SOURCE_ROOT} + "/" + file};
    BOOST_TEST_REQUIRE(stream.is_open(), file);
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// The lines between the two marks, without the indentation that the marks have.
std::string marked_region(std::string const& source, std::string const& mark) {
    auto const line = "// [" + mark + "]\n";
    auto const begin = source.find(line);
    BOOST_TEST_REQUIRE(begin != std::string::npos, mark);
    auto const indentation =
        source.substr(source.rfind('\n', begin) + 1, begin - source.rfind('\n', begin) - 1);
    auto const first = begin + line.size();
    auto const end = source.find(indentation + line, first);
    std::istringstream lines{source.substr(first, end - first)};
    std::string region;
    for (std::string text; std::getline(lines, text);)
        region += (text.starts_with(indentation) ? text.substr(indentation.size()) : text) + '\n';
    return region;
}

void check_region(std::string const& file, std::string const& source, std::string const& mark) {
    auto const region = marked_region(read(source), mark);
    BOOST_TEST(region.size() > 100u);
    BOOST_TEST(read(file).find("```cpp\n" + region + "```") != std::string::npos,
               file << " and " << source << " differ");
}

std::string example(std::string const& name) {
    return std::string{COPG_EXAMPLES} + "/" + name;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_examples)

BOOST_AUTO_TEST_CASE(the_smallest_program_greets_its_tenant) {
    auto const ran = run_program({example("smallest"), cluster().dsn()});
    BOOST_TEST(ran.exit_code == 0);
    BOOST_TEST(ran.output == "hello, acme\n");
}

BOOST_AUTO_TEST_CASE(two_tenants_are_isolated_and_a_failed_transfer_is_rolled_back) {
    scratch_database const database;
    auto const ran = run_program({example("two_tenants"), database.dsn()});
    BOOST_TEST(ran.exit_code == 0);
    BOOST_TEST(ran.output == "beta: no such account: 7, rolled back\n"
                             "acme: 1 Ada 70\n"
                             "acme: 2 Ada 30\n"
                             "beta: 1 Bob 100\n"
                             "beta: 2 Bob 0\n"
                             "connections opened: 2\n");
}

BOOST_AUTO_TEST_CASE(the_readme_shows_the_smallest_program_as_it_is) {
    auto const source = read("examples/smallest.cpp");
    auto const code = source.substr(source.find("#include"));
    BOOST_TEST(read("README.md").find("```cpp\n" + code + "```") != std::string::npos,
               "README.md and examples/smallest.cpp differ");
}

BOOST_AUTO_TEST_CASE(the_tour_works_as_the_readme_shows_it) {
    scratch_database const database;
    auto const ran = run_program({example("tour"), database.dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output == "1 Eve deleted 1\n");
    check_region("README.md", "examples/tour.cpp", "tour");
}

BOOST_AUTO_TEST_CASE(a_type_of_ones_own_works_as_the_guide_shows_it) {
    auto const ran = run_program({example("own_type"), cluster().dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output == "750 2 250\n");
    check_region("docs/guide/types.md", "examples/own_type.cpp", "own_type");
    check_region("docs/guide/types.md", "examples/own_type.cpp", "use");
}

BOOST_AUTO_TEST_CASE(every_kind_of_request_works_as_the_guide_shows_it) {
    scratch_database const database;
    auto const ran = run_program({example("requests"), database.dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output == "1000 rows, the first of sensor 0\n"
                             "sum 49540.5, largest 99.9\n"
                             "the second failed by itself; 1001 rows\n"
                             "took too long\n"
                             "42\n"
                             "orders: 17\n");
    for (auto const* mark : {"copy", "stream", "batch", "limits", "listen"})
        check_region("docs/guide/requests.md", "examples/requests.cpp", mark);
}

BOOST_AUTO_TEST_CASE(transactions_go_with_the_coroutine_as_the_guide_shows_it) {
    scratch_database const database;
    auto const ran = run_program({example("transactions"), database.dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output == "purchase 1\n"
                             "retries left: 100\n"
                             "rocket: on order\n"
                             "mail sent\n"
                             "rolled back\n"
                             "committed\n"
                             "committed\n"
                             "2 anvils left\n");
    for (auto const* mark : {"join",
                             "options",
                             "savepoint",
                             "scope",
                             "last",
                             "current",
                             "names",
                             "lease",
                             "parallel",
                             "doubt",
                             "reach"})
        check_region("docs/guide/transactions.md", "examples/transactions.cpp", mark);
}

BOOST_AUTO_TEST_CASE(tenants_in_one_schema_are_kept_apart_as_the_guide_shows_it) {
    scratch_database const database;
    auto const ran = run_program({example("row_security"), database.dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output == "acme sees anvil, a superuser sees anvil, rocket\n"
                             "a forgery was refused\n");
    for (auto const* mark : {"policy", "tenants"})
        check_region("docs/guide/many-tenants.md", "examples/row_security.cpp", mark);
}

BOOST_AUTO_TEST_CASE(each_tenant_has_its_database_as_the_guide_shows_it) {
    auto const ran = run_program({example("database_per_tenant"), cluster().dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output == "acme is in shop_acme\n"
                             "beta is in shop_beta\n"
                             "gamma is in shop_gamma\n"
                             "4 pools, at most 8 connections\n");
    for (auto const* mark : {"bounded", "use"})
        check_region("docs/guide/database-per-tenant.md", "examples/database_per_tenant.cpp", mark);
}

BOOST_AUTO_TEST_CASE(pools_are_watched_as_the_guide_shows_it) {
    scratch_database const database;
    auto const ran = run_program({example("health"), database.dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output.starts_with("main is healthy\n1 check, 0 failures\n"), ran.output);
    BOOST_TEST(ran.output.find(" open, ") != std::string::npos, ran.output);
    for (auto const* mark : {"manager", "pool", "monitor"})
        check_region("docs/guide/health.md", "examples/health.cpp", mark);
}

BOOST_AUTO_TEST_CASE(a_tenant_comes_moves_and_goes_as_the_guide_shows_it) {
    scratch_database const database;
    auto const ran = run_program({example("onboarding"), database.dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output.find("refused: ") == 0u, ran.output);
    BOOST_TEST(ran.output.find("moved with 2 accounts\n"
                               "nothing of acme is in use any more\n") != std::string::npos,
               ran.output);
    for (auto const* mark : {"set_up", "move", "go"})
        check_region("docs/guide/on-boarding.md", "examples/onboarding.cpp", mark);
}

BOOST_AUTO_TEST_CASE(reads_go_to_a_standby_as_the_guide_shows_it) {
    replica_pair const nodes;
    auto const ran = run_program({example("read_replicas"), nodes.dsn()});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output.starts_with("1 stool\nprimary healthy\nstandby healthy"), ran.output);
    BOOST_TEST(ran.output.ends_with("\n42\n"), ran.output);
    for (auto const* mark : {"set", "use", "status", "balanced"})
        check_region("docs/guide/read-replicas.md", "examples/read_replicas.cpp", mark);
}

#ifdef COPG_HAS_CONFIG
BOOST_AUTO_TEST_CASE(named_pools_come_from_a_file_as_the_guide_shows_it) {
    auto const file = std::string{COPG_SOURCE_ROOT} + "/examples/configured.yaml";
    auto const ran = run_program({example("configured"), cluster().dsn(), file});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    BOOST_TEST(ran.output == "schema public\n");
    check_region("docs/guide/configuration.md", "examples/configured.cpp", "register");
}
#endif

BOOST_AUTO_TEST_SUITE_END()
