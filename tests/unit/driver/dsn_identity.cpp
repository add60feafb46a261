// SPDX-License-Identifier: BSL-1.0
// Which connection strings lead to the same, and what is taken out of them before libpq sees them.
#include "driver/server_settings.hpp"

#include <copg/base/error.hpp>
#include <copg/driver/dsn_builder.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ostream>

using copg::dsn;
using copg::dsn_builder;

namespace {

struct pair {
    char const* what;
    char const* one;
    char const* other;

    friend std::ostream& operator<<(std::ostream& out, pair const& p) { return out << p.what; }
};

pair const equal[] = {
    {"URI and keywords",
     "postgres://app:pw@h:5432/d",
     "host=h port=5432 dbname=d user=app password=pw"},
    {"both schemes", "postgres://app@h/d", "postgresql://app@h/d"},
    {"parameter order", "user=app host=h dbname=d", "dbname=d host=h user=app"},
    {"a default port written out", "postgres://app@h:5432/d", "postgres://app@h/d"},
    {"a port with zeros", "host=h port=05432 user=app", "host=h port=5432 user=app"},
    {"a default written out", "postgres://app@h/d?sslmode=prefer", "postgres://app@h/d"},
    {"percent-encoding", "postgres://%61pp:p%77@h/%64", "postgres://app:pw@h/d"},
    {"a percent-encoded keyword",
     "postgres://app@h/d?ssl%6Dode=require",
     "postgres://app@h/d?sslmode=require"},
    {"quotes", "host='h' user='a\\'b c' dbname=d", "host=h user=a\\'b\\ c dbname=d"},
    {"spaces around =", "host = h  user= app dbname =d", "host=h user=app dbname=d"},
    {"ssl=true", "postgres://app@h/d?ssl=true", "postgres://app@h/d?sslmode=require"},
    {"the last of two keywords", "host=a host=h user=app", "host=h user=app"},
    {"the last of two URI parameters",
     "postgres://app@h/d?sslmode=disable&sslmode=require",
     "postgres://app@h/d?sslmode=require"},
    {"a user in the query", "postgres://other@h/d?user=app", "postgres://app@h/d"},
    {"the database is the user's", "postgres://app@h", "postgres://app@h/app"},
    {"an IPv6 literal", "postgres://app@[::1]:5433/d", "host=::1 port=5433 user=app dbname=d"},
    {"a UNIX socket's folder", "postgres://app@%2Frun%2Fpg/d", "host=/run/pg user=app dbname=d"},
    {"a UNIX socket in the query",
     "postgres:///d?host=/run/pg&user=app",
     "host=/run/pg user=app dbname=d"},
    {"hosts with default ports", "postgres://app@a,b/d", "host=a,b user=app dbname=d"},
    {"hosts with one of the ports written",
     "postgres://app@a,b:5433/d",
     "host=a,b port=5432,5433 user=app dbname=d"},
    {"one port for all hosts", "host=a,b port=5433 user=app", "host=a,b port=5433,5433 user=app"},
    {"pool parameters",
     "postgres://app@h/d?pool_max_conns=5",
     "postgres://app@h/d?pool_max_conns=9"},
    {"pool parameters among keywords", "host=h pool_min_conns='2' user=app", "host=h user=app"},
    {"settings and options",
     "postgres://app@h/d?search_path=shop",
     "host=h user=app dbname=d options='-c search_path=shop'"},
    {"settings in any order and case",
     "postgres://app@h/d?TimeZone=UTC&app.region=eu",
     "host=h dbname=d user=app app.region=eu timezone=UTC"},
    {"the last of two settings",
     "host=h user=app search_path=a search_path=b",
     "host=h user=app search_path=b"},
};

pair const different[] = {
    {"host", "host=a user=app", "host=b user=app"},
    {"a host that begins alike", "host=127.0.0.1 user=app", "host=127.0.0.10 user=app"},
    {"localhost by name and by number", "host=localhost user=app", "host=127.0.0.1 user=app"},
    {"port", "host=h user=app", "host=h user=app port=5433"},
    {"database", "postgres://app@h/d", "postgres://app@h/e"},
    {"user", "host=h user=app dbname=d", "host=h user=ppa dbname=d"},
    {"password", "postgres://app:a@h/d", "postgres://app:b@h/d"},
    {"a password like another field",
     "host=h user=app password='x dbname=d'",
     "host=h user=app password=x dbname=d"},
    {"a password with quotes",
     "host=h user=app password='x\\' dbname=\\'d'",
     "host=h user=app password=x dbname=d"},
    {"TLS", "postgres://app@h/d?sslmode=require", "postgres://app@h/d?sslmode=verify-full"},
    {"order of hosts", "postgres://app@a,b/d", "postgres://app@b,a/d"},
    {"order of ports", "host=a,b port=5432,5433 user=app", "host=a,b port=5433,5432 user=app"},
    {"settings", "postgres://app@h/d?search_path=a", "postgres://app@h/d?search_path=b"},
    {"a setting or none", "postgres://app@h/d?search_path=", "postgres://app@h/d"},
    {"application name",
     "host=h user=app application_name=a",
     "host=h user=app application_name=b"},
};

std::string const hostile[] = {
    "p@ss", "a/b:c#d?e%f&g=h", "two words", "quo'te\\back", "ümläut", "-c x"};

std::string message_of(std::string_view text) {
    try {
        dsn const accepted{text};
    } catch (copg::error const& e) {
        BOOST_TEST((e.code() == copg::errc::invalid_dsn));
        return e.what();
    }
    return "nothing was thrown";
}

/// An environment variable for the duration of a test.
class variable {
public:
    variable(char const* name, char const* value) : name_{name} { setenv(name, value, 1); }
    variable(variable const&) = delete;
    variable& operator=(variable const&) = delete;
    ~variable() { unsetenv(name_); }

private:
    char const* name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_dsn_identity)

BOOST_DATA_TEST_CASE(two_spellings_of_one_target_are_equal, equal) {
    BOOST_TEST((dsn{sample.one} == dsn{sample.other}));
    BOOST_TEST(dsn{sample.one}.canonical_key() == dsn{sample.other}.canonical_key());
}

BOOST_DATA_TEST_CASE(two_targets_are_never_one, different) {
    BOOST_TEST(!(dsn{sample.one} == dsn{sample.other}));
    BOOST_TEST(dsn{sample.one}.canonical_key() != dsn{sample.other}.canonical_key());
}

BOOST_AUTO_TEST_CASE(what_the_environment_says_is_what_is_written_out) {
    variable const port{"PGPORT", "6000"};
    variable const mode{"PGSSLMODE", "require"};
    BOOST_TEST((dsn{"host=h user=app"} == dsn{"host=h user=app port=6000 sslmode=require"}));
    BOOST_TEST(!(dsn{"host=h user=app"} == dsn{"host=h user=app port=5432 sslmode=require"}));
}

BOOST_AUTO_TEST_CASE(the_environments_options_are_kept_before_settings) {
    variable const options{"PGOPTIONS", "-c geqo=off"};
    BOOST_TEST(dsn{"host=h user=app jit=off"}.parameter("options") == "-c geqo=off -c jit=off");
}

BOOST_AUTO_TEST_CASE(a_later_change_of_the_environment_changes_no_dsn) {
    auto const before = [] {
        variable const port{"PGPORT", "6000"};
        return dsn{"host=h user=app"};
    }();
    BOOST_TEST(before.parameter("port") == "6000");
}

BOOST_AUTO_TEST_CASE(pool_parameters_are_taken_out_of_a_uri) {
    dsn const read{"postgres://app@h/d?pool_max_conns=20&sslmode=require&pool_min_conns=2"};
    std::map<std::string, std::string> const expected{{"pool_max_conns", "20"},
                                                      {"pool_min_conns", "2"}};
    BOOST_TEST((read.pool_parameters() == expected));
    BOOST_TEST(read.parameter("sslmode") == "require");
    BOOST_TEST(!read.parameters().contains("pool_max_conns"));
}

BOOST_AUTO_TEST_CASE(pool_parameters_are_taken_out_of_a_keyword_string) {
    dsn const read{"pool_max_conn_lifetime='1h 30m' host=h pool_max_conns=1 pool_max_conns=20 "
                   "pool_max_conn_idle_time=5m user=app pool_health_check_period=1m"};
    std::map<std::string, std::string> const expected{{"pool_max_conn_lifetime", "1h 30m"},
                                                      {"pool_max_conns", "20"},
                                                      {"pool_max_conn_idle_time", "5m"},
                                                      {"pool_health_check_period", "1m"}};
    BOOST_TEST((read.pool_parameters() == expected));
    BOOST_TEST(read.parameter("user") == "app");
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_parameter_inside_a_value_is_left_there) {
    dsn const keywords{"host=h user=app password='x pool_max_conns=5 sslmode=disable' dbname=d"};
    BOOST_TEST(keywords.parameter("password") == "x pool_max_conns=5 sslmode=disable");
    BOOST_TEST(keywords.pool_parameters().empty());
    dsn const uri{"postgres://app:a%3Fpool_max_conns=5%26sslmode=disable@h/d"};
    BOOST_TEST(uri.parameter("password") == "a?pool_max_conns=5&sslmode=disable");
    BOOST_TEST(uri.pool_parameters().empty());
    BOOST_TEST(dsn{"postgres://a?pool_max_conns=5:pw@h/d"}.parameter("user") ==
               "a?pool_max_conns=5");
}

BOOST_AUTO_TEST_CASE(a_pool_parameter_that_there_is_not_is_refused_with_the_nearest) {
    auto const message = message_of("postgres://app:s3cret@h/d?pool_max_cons=5");
    BOOST_TEST(message ==
               "invalid connection string: there is no such pool parameter (at character "
               "27); did you mean pool_max_conns");
    BOOST_TEST(message_of("host=h pool_s3cret=5").find("s3cret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(settings_of_the_server_are_handed_over_as_options) {
    dsn const read{"postgres://app@h/d?statement_timeout=5s&options=-c%20geqo%3Doff&"
                   "search_path=my%20shop,back%5Cslash"};
    std::map<std::string, std::string> const expected{{"statement_timeout", "5s"},
                                                      {"search_path", "my shop,back\\slash"}};
    BOOST_TEST((read.settings() == expected));
    BOOST_TEST(read.parameter("options") ==
               "-c geqo=off -c search_path=my\\ shop,back\\\\slash -c statement_timeout=5s");
}

BOOST_AUTO_TEST_CASE(what_libpq_knows_is_never_taken_for_a_setting_of_the_server) {
    for (auto const* keyword : {"application_name",
                                "client_encoding",
                                "connect_timeout",
                                "dbname",
                                "gssencmode",
                                "host",
                                "keepalives",
                                "options",
                                "passfile",
                                "password",
                                "port",
                                "replication",
                                "requirepeer",
                                "service",
                                "sslmode",
                                "tcp_user_timeout",
                                "user",
                                "load_balance_hosts"})
        BOOST_TEST(copg::detail::server_setting(keyword).empty(), keyword);
}

BOOST_AUTO_TEST_CASE(what_is_neither_libpqs_nor_a_setting_is_refused) {
    for (auto const* text : {"host=h serch_path=a",
                             "postgres://app@h/d?usr=app",
                             "host=h .a=1",
                             "host=h a.=1",
                             "host=h a..b=1",
                             "host=h 1.a=1"})
        BOOST_TEST(message_of(text).find("invalid") == 0u, text);
}

BOOST_AUTO_TEST_CASE(what_the_text_gives_is_known_from_what_was_filled_in) {
    dsn const read{"postgres://app@h/d?jit=off&pool_max_conns=5"};
    for (auto const* name : {"user", "host", "dbname", "jit", "pool_max_conns"})
        BOOST_TEST(read.gives(name), name);
    for (auto const* name : {"port", "sslmode", "options", "password"})
        BOOST_TEST(!read.gives(name), name);
}

BOOST_DATA_TEST_CASE(every_character_survives_the_composition, hostile) {
    auto const built = dsn_builder{}
                           .host("h")
                           .port(5433)
                           .user(sample)
                           .password(sample)
                           .database(sample)
                           .set("search_path", sample)
                           .build();
    BOOST_TEST(built.parameter("host") == "h");
    BOOST_TEST(built.parameter("port") == "5433");
    for (auto const* name : {"user", "password", "dbname"})
        BOOST_TEST(built.parameter(name) == sample);
    BOOST_TEST(built.settings().at("search_path") == sample);
}

BOOST_AUTO_TEST_CASE(a_builder_goes_on_from_what_a_text_gives) {
    dsn const written{"postgres://app:pw@h/d?jit=off&pool_max_conns=5"};
    auto const same = dsn_builder{written}.build();
    BOOST_TEST((same == written));
    BOOST_TEST((same.pool_parameters() == written.pool_parameters()));
    auto const changed =
        dsn_builder{written}.set_default("sslmode", "disable").set_default("user", "x").build();
    BOOST_TEST(changed.parameter("sslmode") == "disable");
    BOOST_TEST(changed.parameter("user") == "app");
}

BOOST_AUTO_TEST_CASE(a_builder_takes_only_names_and_no_nul) {
    BOOST_CHECK_THROW(dsn_builder{}.set("host=x user", "a").build(), copg::error);
    BOOST_CHECK_THROW(dsn_builder{}.set("nonsense", "a").build(), copg::error);
    BOOST_CHECK_THROW(dsn_builder{}.user(std::string_view{"a\0b", 3}).build(), copg::error);
    BOOST_CHECK_THROW(dsn_builder{}.host("p@h").build(), copg::error);
}

BOOST_AUTO_TEST_CASE(no_secret_is_in_the_printable_form) {
    auto const text = dsn{"host=h user=app password='se cret' sslpassword=s3cret"}.redacted();
    for (auto const* piece : {"se cret", "s3cret"})
        BOOST_TEST(text.find(piece) == text.npos, piece);
    BOOST_TEST(text.find("sslpassword=***") != text.npos);
}

BOOST_AUTO_TEST_SUITE_END()
