// SPDX-License-Identifier: BSL-1.0
// Variables in the text, variables over the text, and texts over texts.
#include "support.hpp"

#include <copg/config/convert.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace copg::test;
namespace config = copg::config;

namespace {

struct expansion {
    char const* written;
    char const* expected;

    friend std::ostream& operator<<(std::ostream& out, expansion const& e) {
        return out << e.written;
    }
};

expansion const expansions[] = {
    {"${HOST}", "db"},
    {"${HOST}.example", "db.example"},
    {"x${HOST}y${PORT}z", "xdby5433z"},
    {"${NONE:db2}", "db2"},
    {"${NONE:}", ""},
    {"${EMPTY:db2}", ""},
    {"${HOST:db2}", "db"},
    {"${NONE:http://h:80/}", "http://h:80/"},
    {"${NONE:{\\\"a\\\":{}}}", "{\"a\":{}}"},
    {"$${HOST}", "${HOST}"},
    {"$HOST", "$HOST"},
    {"a$$b", "a$$b"},
    {"${INNER}", "${HOST}"},
};

char const* const hostile[] = {"a: b",
                               "x # no comment",
                               "\"quoted\" and 'quoted'",
                               "two\nlines\n  indented: yes",
                               "- item",
                               "{a: b}",
                               "*alias",
                               "&anchor",
                               "!tag",
                               "%",
                               "~",
                               "null",
                               "true",
                               "${HOST}",
                               "\\x41",
                               "\t"};

std::string const managed = "dbmanager:\n  max_open_conns: 9\n  connections:\n    main-db:\n"
                            "      host: h\n      database: d\n    other:\n      dsn: host=o\n";

} // namespace

BOOST_AUTO_TEST_SUITE(test_config_environment)

BOOST_DATA_TEST_CASE(a_variable_or_its_default_is_put_in, expansions) {
    config::variables const environment{
        {"HOST", "db"}, {"PORT", "5433"}, {"EMPTY", ""}, {"INNER", "${HOST}"}};
    auto const one = only(load_text("dbmanager:\n  connections:\n    a:\n      host: h\n"
                                    "      database: d\n      password: \"" +
                                        std::string{sample.written} + "\"\n",
                                    environment));
    BOOST_TEST(one.password.value() == sample.expected);
}

BOOST_DATA_TEST_CASE(whatever_a_variable_holds_stays_one_scalar, hostile) {
    for (auto const* quotes : {"", "\""}) {
        auto const text = "dbmanager:\n  connections:\n    a:\n      host: h\n      database: d\n"
                          "      password: " +
                          std::string{quotes} + "${SECRET}" + quotes + "\n      user: u\n";
        auto const one = only(load_text(text, {{"SECRET", sample}}));
        BOOST_TEST(one.password.value() == sample);
        BOOST_TEST(one.user.value() == "u");
        BOOST_TEST(config::dsn_of(one).parameter("password") == sample);
    }
}

BOOST_AUTO_TEST_CASE(numbers_times_and_switches_can_come_from_variables) {
    auto const one =
        only(load_text("dbmanager:\n  connections:\n    a:\n      host: h\n"
                       "      database: d\n      port: ${PORT}\n"
                       "      max_lifetime: ${LIFE:90m}\n      enable_metrics: ${ON}\n",
                       {{"PORT", "5433"}, {"ON", "true"}}));
    BOOST_TEST(one.port.value() == 5433);
    BOOST_TEST((one.pool.lifetime == std::chrono::minutes{90}));
    BOOST_TEST(one.enable_metrics.value());
}

BOOST_AUTO_TEST_CASE(a_reference_that_makes_no_sense_is_a_problem) {
    for (auto const* reference : {"${}", "${1A}", "${A-B}", "${@vault:key}", "${A", "${A:{}"}) {
        auto const read = load_text("dbpool-definitions:\n  a:\n    dsn: host=h\n    schema: \"" +
                                        std::string{reference} + "\"\n",
                                    {{"A", "a"}});
        BOOST_TEST(read.problems.size() == 1u, reference);
        BOOST_TEST(read.problems.at(0).path == "dbpool-definitions.a.schema");
    }
}

BOOST_AUTO_TEST_CASE(variables_with_the_prefix_go_before_the_file) {
    auto const read = load_text(managed,
                                {{"SHOP_DBMANAGER_MAX_OPEN_CONNS", "7"},
                                 {"SHOP_DBMANAGER_CONNECTIONS_MAIN_DB_HOST", "over: there"},
                                 {"SHOP_DBMANAGER_CONNECTIONS_OTHER_MAX_CONNS", "3"},
                                 {"SHOP_DBMANAGER_DEFAULT_CONNECTION", "other"},
                                 {"SHOP_UNRELATED", "x"},
                                 {"DBMANAGER_MAX_OPEN_CONNS", "99"}},
                                "SHOP");
    BOOST_TEST(texts(read.problems).empty(), boost::test_tools::per_element());
    BOOST_TEST(read.value.find("main-db")->host.value() == "over: there");
    BOOST_TEST(config::pool_options_of(*read.value.find("main-db")).maximum == 7u);
    BOOST_TEST(config::pool_options_of(*read.value.find("other")).maximum == 3u);
    BOOST_TEST(read.value.manager.default_connection == "other");
}

BOOST_AUTO_TEST_CASE(variables_go_before_dbpool_definitions_too) {
    auto const read = load_text("dbpool_definitions:\n  a:\n    dsn: host=h\n    min_conns: 1\n",
                                {{"SHOP_DBPOOL_DEFINITIONS_A_MIN_CONNS", "4"}},
                                "SHOP");
    BOOST_TEST(only(read).pool.minimum.value() == 4u);
}

BOOST_AUTO_TEST_CASE(without_a_prefix_no_variable_counts) {
    auto const read = load_text(managed, {{"_DBMANAGER_MAX_OPEN_CONNS", "7"}});
    BOOST_TEST(config::pool_options_of(*read.value.find("main-db")).maximum == 9u);
}

BOOST_AUTO_TEST_CASE(a_variable_that_leads_nowhere_or_makes_no_sense_is_a_problem) {
    auto const read = load_text(managed,
                                {{"SHOP_DBMANAGER_MAX_OPNE_CONNS", "7"},
                                 {"SHOP_DBMANAGER_CONNECTIONS_MAIN_DB_PORT", "s3cret"}},
                                "SHOP");
    std::vector<std::string> const expected{
        "environment: SHOP_DBMANAGER_MAX_OPNE_CONNS: overrides nothing; did you mean "
        "SHOP_DBMANAGER_MAX_OPEN_CONNS?",
        "environment: dbmanager.connections.main-db.port: "
        "\"${SHOP_DBMANAGER_CONNECTIONS_MAIN_DB_PORT}\" must be a number from 1 to 65535"};
    BOOST_TEST(texts(read.problems) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_variable_that_could_mean_two_definitions_is_a_problem) {
    auto const read = load_text("dbpool-definitions:\n  a-b: {dsn: host=h}\n  a.b: {dsn: host=i}\n",
                                {{"SHOP_DBPOOL_DEFINITIONS_A_B_MIN_CONNS", "4"}},
                                "SHOP");
    BOOST_TEST(read.problems.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_later_text_wins_key_by_key_whatever_spelling_each_uses) {
    config::load_options options;
    options.environment = {};
    auto const read =
        config::load({{"base.yaml",
                       "dbpool-definitions:\n  a:\n    dsn: host=h\n    min-conns: 1\n"
                       "    max_conns: 5\n    tags: {x: '1', y: '2'}\n  b:\n    dsn: host=b\n"},
                      {"over.yaml",
                       "dbpool_definitions:\n  a:\n    min_connections: 3\n    tags: {y: '3'}\n"
                       "  c:\n    dsn: host=c\n"},
                      {"empty.yaml", "\n"}},
                     options);
    BOOST_TEST(texts(read.problems).empty());
    BOOST_TEST(read.value.definitions.size() == 3u);
    auto const& a = *read.value.find("a");
    BOOST_TEST(a.pool.minimum.value() == 3u);
    BOOST_TEST(a.pool.maximum.value() == 5u);
    BOOST_TEST(a.tags.at("x") == "1");
    BOOST_TEST(a.tags.at("y") == "3");
}

BOOST_AUTO_TEST_CASE(a_problem_names_the_file_that_it_stands_in) {
    config::load_options options;
    options.environment = {};
    auto const read = config::load(
        {{"base.yaml", "dbpool-definitions:\n  a:\n    dsn: host=h\n    min_conns: 1\n"},
         {"over.yaml", "\n\ndbpool-definitions:\n  a:\n    max_conns: few\n"}},
        options);
    std::vector<std::string> const expected{"over.yaml:5: dbpool-definitions.a.max_conns: \"few\" "
                                            "must be a whole number, 0 or more"};
    BOOST_TEST(texts(read.problems) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
