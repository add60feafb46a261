// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/program.hpp"

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

/// The lines between the two marks, without their indentation.
std::string marked_region(std::string const& source, std::string const& mark) {
    auto const line = "    // [" + mark + "]\n";
    auto const begin = source.find(line) + line.size();
    std::istringstream lines{source.substr(begin, source.find(line, begin) - begin)};
    std::string region;
    for (std::string text; std::getline(lines, text);)
        region += (text.starts_with("    ") ? text.substr(4) : text) + '\n';
    return region;
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
    auto const region = marked_region(read("examples/tour.cpp"), "tour");
    BOOST_TEST(region.size() > 500u);
    BOOST_TEST(read("README.md").find("```cpp\n" + region + "```") != std::string::npos,
               "README.md and examples/tour.cpp differ");
}

BOOST_AUTO_TEST_SUITE_END()
