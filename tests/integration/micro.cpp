// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/program.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace copg::test;

namespace {

struct output {
    json::value json;
    std::string text;
};

output run_micro(std::string const& dsn) {
    auto const file = cluster().directory() + "/micro.json";
    auto const ran = run_program({COPG_MICRO,
                                  "--dsn",
                                  dsn,
                                  "--json",
                                  file,
                                  "--rounds",
                                  "1",
                                  "--statements",
                                  "100",
                                  "--rows",
                                  "200"});
    BOOST_TEST(ran.exit_code == 0, ran.output);
    std::ifstream stream{file};
    std::string const text{std::istreambuf_iterator<char>{stream}, {}};
    fs::remove(file);
    return {json::parse(text), ran.output};
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_micro)

BOOST_AUTO_TEST_CASE(each_case_has_figures_of_both_sides) {
    auto const ran = run_micro(cluster().dsn());
    std::set<std::string> names;
    for (auto const& row : ran.json.at("rows").as_array()) {
        names.emplace(row.at("name").as_string());
        BOOST_TEST(row.at("transport").as_string() == "unix");
        for (auto const* side : {"base", "copg"})
            for (auto const* figure : {"client_cpu_ns", "time_ns"})
                for (auto const* of : {"min", "median", "max"})
                    BOOST_TEST(row.at(side).at(figure).at(of).to_number<double>() > 0);
        BOOST_TEST(row.at("ratio").at("median").to_number<double>() > 0);
    }
    BOOST_TEST(names.size() == 13u);
    for (auto const& row : ran.json.at("rows").as_array()) {
        if (row.at("name").as_string() != "scope-alone")
            continue;
        auto const of = [&row](char const* side) {
            return row.at(side).at("allocations").to_number<double>();
        };
        // One scope for a hundred statements has some of its own.
        BOOST_TEST(of("copg") - of("base") < 1, of("copg") << " joined, " << of("base"));
    }
    BOOST_TEST(ran.text.find("goals: ") != std::string::npos, ran.text);
}

BOOST_AUTO_TEST_CASE(it_measures_over_tcp_too) {
    auto const ran = run_micro(cluster().tcp_dsn());
    BOOST_TEST(ran.json.at("rows").at(0).at("transport").as_string() == "tcp");
}

BOOST_AUTO_TEST_CASE(bad_options_of_it_are_named_and_answered_with_the_usage) {
    for (auto const& options :
         std::vector<std::vector<std::string>>{{"--case", "nonsense"},
                                               {"--rounds", "0"},
                                               {"--transport", "tcp", "--dsn", "host=nowhere"}}) {
        std::vector<std::string> command{COPG_MICRO};
        command.insert(command.end(), options.begin(), options.end());
        auto const ran = run_program(command);
        BOOST_TEST(ran.exit_code != 0);
        BOOST_TEST(ran.output.find(options[0]) != std::string::npos, ran.output);
        BOOST_TEST(ran.output.find("Usage: copg-micro") != std::string::npos, ran.output);
    }
}

BOOST_AUTO_TEST_SUITE_END()
