// SPDX-License-Identifier: BSL-1.0
#include "support.hpp"

#include <copg/base/error.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace copg::test;
namespace config = copg::config;

namespace {

struct mistake {
    char const* text;    ///< the file
    char const* message; ///< the one problem that there is

    friend std::ostream& operator<<(std::ostream& out, mistake const& m) {
        return out << m.message;
    }
};

#define A_POOL "dbpool-definitions:\n  a:\n"
#define A_MANAGER "dbmanager:\n  connections:\n    a:\n      host: h\n      database: d\n"

mistake const mistakes[] = {
    {A_POOL "    dsn: host=h\n    max_con: 3\n",
     "a.yaml:4: dbpool-definitions.a.max_con: there is no such key; did you mean max_cons?"},
    {A_POOL "    dsn: host=h\n    colour: red\n",
     "a.yaml:4: dbpool-definitions.a.colour: there is no such key"},
    {A_POOL "    dsn: host=h\n    max_idle_time: 30x\n",
     "a.yaml:4: dbpool-definitions.a.max_idle_time: \"30x\" cannot be read: the units of a "
     "duration "
     "are ns, us, ms, s, m and h"},
    {A_POOL "    dsn: host=h\n    max_lifetime: -5m\n",
     "a.yaml:4: dbpool-definitions.a.max_lifetime: \"-5m\" cannot be read: a duration must not be "
     "negative"},
    {A_POOL "    dsn: host=h\n    max_conns: many\n",
     "a.yaml:4: dbpool-definitions.a.max_conns: \"many\" must be a whole number, 0 or more"},
    {A_POOL "    dsn: host=h\n    max_conns: 0\n",
     "a.yaml:4: dbpool-definitions.a.max_conns: must be at least 1"},
    {A_POOL "    dsn: host=h\n    max_conns: [1, 2]\n",
     "a.yaml:4: dbpool-definitions.a.max_conns: must be a single value"},
    {A_POOL "    dsn: host=h\n    min_conns: 30\n",
     "a.yaml:4: dbpool-definitions.a.min_conns: min_conns (30) must not exceed max_conns (10, the "
     "default)"},
    {A_POOL "    dsn: host=h\n    min_conns: 5\n    max_conns: 4\n",
     "a.yaml:4: dbpool-definitions.a.min_conns: min_conns (5) must not exceed max_conns (4)"},
    {A_POOL "    dsn: host=h\n    max_conns: 4\n    max_idle_conns: 5\n",
     "a.yaml:5: dbpool-definitions.a.max_idle_conns: max_idle_conns (5) must not exceed max_conns "
     "(4)"},
    {A_POOL "    dsn: host=h\n    max_idle_time: 2h\n",
     "a.yaml:4: dbpool-definitions.a.max_idle_time: max_idle_time (2h) must not exceed "
     "max_lifetime "
     "(1h, the default)"},
    {A_POOL "    dsn: host=h\n    min_conns: 1\n    min-conns: 2\n",
     "a.yaml:5: dbpool-definitions.a.min_conns: is given twice; the first stands in line 4"},
    {A_POOL "    dsn: host=h\n    user: x\n",
     "a.yaml:4: warning: dbpool-definitions.a: the dsn says it all: user is not used"},
    {A_POOL "    database: d\n",
     "a.yaml:2: dbpool-definitions.a: host is missing, and there is no dsn"},
    {A_POOL "    dsn: host=h\n  a:\n    dsn: host=i\n",
     "a.yaml:4: dbpool-definitions.a: is given twice; the first stands in line 2"},
    {A_POOL "    dsn: postgres://u:s3cret@h/d?usr=x\n",
     "a.yaml:3: dbpool-definitions.a.dsn: invalid connection string: invalid URI query parameter: "
     "(at character 25)"},
    {A_POOL "    dsn: postgres://u:p@ss@h/d\n",
     "a.yaml:3: dbpool-definitions.a.dsn: invalid connection string: the host holds an '@'; write "
     "an "
     "'@' in a user name or password as %40"},
    {A_POOL "    dsn: host=h pool_max_conns=x\n",
     "a.yaml:3: dbpool-definitions.a.dsn: pool_max_conns must be a whole number, at least 1"},
    {A_POOL "    dsn: host=h sslmode=require\n    sslmode: disable\n",
     "a.yaml:4: warning: dbpool-definitions.a.sslmode: is not used: the dsn has a sslmode"},
    {A_POOL "    dsn: host=h search_path=a\n    schema: b\n",
     "a.yaml:4: warning: dbpool-definitions.a.schema: is not used: the dsn has a search_path"},
    {A_POOL "    dsn: host=h\n    rls-context:\n      tenant: x\n",
     "a.yaml:4: dbpool-definitions.a.rls_context: \"tenant\" must be a name with a dot, such as "
     "app.tenant"},
    {"dbpool-definitions:\n  1a:\n    dsn: host=h\n",
     "a.yaml:2: dbpool-definitions.1a: a name begins with a letter or _ and goes on with letters, "
     "digits, _ . -"},
    {"dbpool-definitions:\n  - a\n", "a.yaml:2: dbpool-definitions: must be a mapping"},
    {A_MANAGER "      port: 0\n",
     "a.yaml:6: dbmanager.connections.a.port: \"0\" must be a number from 1 to 65535"},
    {A_MANAGER "      sslmode: verify\n",
     "a.yaml:6: dbmanager.connections.a.sslmode: \"verify\" must be one of disable, allow, prefer, "
     "require, verify-ca, verify-full"},
    {A_MANAGER "      type: postgers\n",
     "a.yaml:6: dbmanager.connections.a.type: \"postgers\" must be one of postgres, mysql, sqlite, "
     "mssql, mongodb, scylla; did you mean postgres?"},
    {A_MANAGER "      enable_metrics: maybe\n",
     "a.yaml:6: dbmanager.connections.a.enable_metrics: \"maybe\" must be true or false"},
    {A_MANAGER "      default_orm: sqlx\n",
     "a.yaml:6: dbmanager.connections.a.default_orm: \"sqlx\" must be one of bun, gorm, native, "
     "mapped, rows"},
    {A_MANAGER "      name: b\n", "a.yaml:6: dbmanager.connections.a.name: must be the key, a"},
    {A_MANAGER "  default_connection: A\n",
     "a.yaml:6: dbmanager.default_connection: there is no connection of this name; did you mean "
     "a?"},
    {A_MANAGER "  retry_delay: 20s\n  retry_max_delay: 5s\n",
     "a.yaml:7: dbmanager.retry_max_delay: must not be below retry_delay (20s)"},
    {A_MANAGER "  retry_attempts: -1\n",
     "a.yaml:6: dbmanager.retry_attempts: \"-1\" must be a whole number, 0 or more"},
    {"dbmanager:\n  default_connection: \"\"\n", "a.yaml:1: dbmanager: there are no connections"},
    {"dbmanager:\n  connections:\n    a:\n      type: sqlite\n",
     "a.yaml:3: dbmanager.connections.a: filepath is missing"},
    {A_MANAGER "dbpool-definitions:\n  a:\n    dsn: host=h\n",
     "a.yaml:7: dbpool-definitions.a: the name is taken by dbmanager.connections.a (a.yaml:3)"},
    {"server:\n  port: 80\n", "a.yaml: there is neither dbpool-definitions: nor dbmanager:"},
    {"", "a.yaml: there is neither dbpool-definitions: nor dbmanager:"},
    {"- a\n", "a.yaml:1: there must be a mapping at the top"},
    {"dbpool-definitions: {\n", "a.yaml:2: no valid YAML: end of map flow not found"},
    {A_MANAGER "dbpool-definition:\n  b: {}\n",
     "a.yaml:6: warning: dbpool-definition: is not read; did you mean dbpool-definitions?"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_config_problems)

BOOST_DATA_TEST_CASE(one_mistake_is_told_once_with_its_place, mistakes) {
    auto problems = texts(load_text(sample.text).problems);
    std::erase_if(problems, [](auto const& p) { return p.find("does not serve") != p.npos; });
    std::vector<std::string> const expected{sample.message};
    BOOST_TEST(problems == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(seven_mistakes_of_one_file_are_all_told_with_their_lines) {
    auto const read = load_text(test_file("seven_mistakes.yaml"));
    std::vector<int> lines;
    for (auto const& one : read.problems)
        if (one.level == config::problem::severity::error)
            lines.push_back(one.line);
    std::vector<int> const expected{3, 4, 7, 9, 10, 14, 20};
    BOOST_TEST(lines == expected, boost::test_tools::per_element());
    BOOST_TEST(!read.usable());
}

BOOST_AUTO_TEST_CASE(no_problem_quotes_a_password_or_what_a_variable_holds) {
    auto const read =
        load_text(A_MANAGER "      port: ${SECRET}\n      password: [s3cret]\n"
                            "      max_lifetime: ${SECRET}\n      dsn: s3cret=${SECRET}\n",
                  {{"SECRET", "s3cret"}});
    BOOST_TEST(read.problems.size() >= 3u);
    for (auto const& text : texts(read.problems))
        BOOST_TEST(text.find("s3cret") == text.npos, text);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_a_problem_like_any_other) {
    auto const read = config::load_files({"/nonexistent/a.yaml"});
    std::vector<std::string> const expected{"/nonexistent/a.yaml: the file cannot be read"};
    BOOST_TEST(texts(read.problems) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_had_of_files_with_an_error) {
    BOOST_CHECK_EXCEPTION(
        config::require_files({"/nonexistent/a.yaml"}), copg::error, [](copg::error const& e) {
            return e.code() == copg::errc::invalid_configuration &&
                   std::string{e.what()}.find("/nonexistent/a.yaml: ") != std::string::npos;
        });
}

BOOST_AUTO_TEST_CASE(an_alias_that_holds_itself_or_grows_without_end_is_refused) {
    for (auto const* text : {"x: &a {b: *a}\n", "x: &a\n  - b: *a\n", "!U,t"})
        BOOST_TEST(!load_text(text).usable(), text);
    std::string bomb{"x0: &x0 {a: b}\n"};
    for (int i = 1; i < 30; ++i) {
        auto const before = "*x" + std::to_string(i - 1);
        auto const name = "x" + std::to_string(i);
        bomb += name + ": &" + name + " {a: " + before + ", b: " + before + "}\n";
    }
    auto const read = load_text(bomb);
    BOOST_TEST(!read.usable());
}

BOOST_AUTO_TEST_SUITE_END()
