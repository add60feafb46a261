// SPDX-License-Identifier: BSL-1.0
#include "support/program.hpp"

#include "support.hpp"

#include <copg/config/convert.hpp>

#include <boost/test/unit_test.hpp>

using namespace copg::test;

#ifdef COPG_CONFIG

namespace {

program_result check(std::vector<std::string> arguments) {
    std::vector<std::string> command{COPG_CONFIG, "check"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command);
}

std::string path_of(std::string const& name) {
    return std::string{COPG_SOURCE_ROOT} + "/tests/config/" + name;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_copg_config)

BOOST_AUTO_TEST_CASE(it_prints_every_problem_with_its_place_and_fails) {
    auto const ran = check({path_of("seven_mistakes.yaml")});
    BOOST_TEST(ran.exit_code == 1);
    for (auto const line : {3, 4, 7, 9, 10, 14, 20})
        BOOST_TEST(ran.output.find("seven_mistakes.yaml:" + std::to_string(line) + ": db") !=
                       std::string::npos,
                   line);
    BOOST_TEST(ran.output.find("pa@ss") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_prints_what_takes_effect_and_succeeds_in_spite_of_warnings) {
    auto const file = path_of("dbmanager.yaml");
    auto const ran = check({file});
    BOOST_TEST(ran.exit_code == 0);
    BOOST_TEST(ran.output.find("dbmanager.yaml:43: warning: ") != std::string::npos);
    BOOST_TEST(ran.output.find("max_idle_conns: 5\n") != std::string::npos);
    BOOST_TEST(ran.output.find("mypassword") == std::string::npos);
    BOOST_TEST(check({"--strict", file}).exit_code == 1);
    BOOST_TEST(check({"--quiet", path_of("dbpool_definitions.yaml")}).output.empty());
}

BOOST_AUTO_TEST_CASE(it_reads_several_files) {
    auto const ran = check({path_of("dbmanager.yaml"), path_of("dbpool_definitions.yaml")});
    BOOST_TEST(ran.exit_code == 0);
    BOOST_TEST(ran.output.find("dbpool-definitions:\n  main-db:\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_does_not_begin_without_a_file) {
    BOOST_TEST(check({}).exit_code != 0);
    BOOST_TEST(check({"/nonexistent/a.yaml"}).exit_code == 1);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
