// SPDX-License-Identifier: BSL-1.0
// What is written, and what it means.
#include "support.hpp"

#include <copg/base/error.hpp>
#include <copg/config/convert.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace copg::test;
using namespace std::chrono_literals;
namespace config = copg::config;

namespace {

copg::pool_options pool_of(std::string const& lines) {
    return config::pool_options_of(only(load_text("dbpool-definitions:\n  a:\n" + lines)));
}

config::definition managed(std::string const& lines, std::string const& above = {}) {
    return only(load_text("dbmanager:\n" + above + "  connections:\n    a:\n" + lines));
}

char const* const minimum_spellings[] = {
    "min_conns", "min-conns", "min_cons", "min-cons", "min_connections", "min-connections"};

} // namespace

BOOST_AUTO_TEST_SUITE(test_config_values)

BOOST_DATA_TEST_CASE(a_key_has_several_spellings, minimum_spellings) {
    auto const options = pool_of("    dsn: host=h\n    " + std::string{sample} + ": 3\n");
    BOOST_TEST(options.minimum == 3u);
}

BOOST_AUTO_TEST_CASE(the_names_of_both_roots_and_of_the_go_guide_mean_the_same) {
    auto const a = pool_of("    dsn: host=h\n    max_open_conns: 7\n    conn_max_lifetime: 2h\n"
                           "    conn_max_idle_time: 90s\n    health_interval: 5s\n");
    auto const b = pool_of("    dsn: host=h\n    max-conns: 7\n    max-lifetime: 2h\n"
                           "    max-idle-time: 1m30s\n    health-check-interval: 5s\n");
    for (auto const& options : {a, b}) {
        BOOST_TEST(options.maximum == 7u);
        BOOST_TEST((options.lifetime == 2h));
        BOOST_TEST((options.idle_time == 90s));
        BOOST_TEST((options.health_interval == 5s));
    }
}

BOOST_AUTO_TEST_CASE(zero_is_told_from_not_written) {
    auto const zero = pool_of("    dsn: host=h\n    min_conns: 0\n    max_idle_time: 0\n"
                              "    max_lifetime: 0s\n    max_idle_conns: 0\n"
                              "    health_check_interval: 0\n    query_timeout: 0\n");
    BOOST_TEST(zero.minimum == 0u);
    BOOST_TEST((zero.idle_time == 0ms));
    BOOST_TEST((zero.lifetime == 0ms));
    BOOST_TEST(zero.maximum_idle.value() == 0u);
    BOOST_TEST((zero.health_interval == 0ms));
    BOOST_TEST((zero.query_timeout == 0ms));
    auto const unset = pool_of("    dsn: host=h\n    min_conns:\n");
    BOOST_TEST(unset.minimum == 2u);
    BOOST_TEST(!unset.maximum_idle.has_value());
    BOOST_TEST(!unset.query_timeout.has_value());
}

BOOST_AUTO_TEST_CASE(no_limit_of_connections_is_no_mistake) {
    auto const options =
        config::pool_options_of(managed("      dsn: host=h\n      max_open_conns: 0\n"));
    BOOST_TEST(options.maximum > 100'000u);
    BOOST_TEST(options.maximum_idle.value() == 5u);
    BOOST_TEST(options.problems().empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_written_for_the_definition_gives_way_to_what_is) {
    auto const pool = pool_of("    dsn: host=h\n    max_conns: 1\n    max_lifetime: 10m\n");
    BOOST_TEST(pool.minimum == 1u);
    BOOST_TEST((pool.idle_time == 10min));
    auto const one = config::pool_options_of(managed("      dsn: host=h\n      max_open_conns: 3\n",
                                                     "  max_idle_conns: 8\n  min_conns: 4\n"));
    BOOST_TEST(one.maximum == 3u);
    BOOST_TEST(one.maximum_idle.value() == 3u);
    BOOST_TEST(one.minimum == 3u);
    auto const warm = config::pool_options_of(managed("      dsn: host=h\n      min_conns: 9\n"));
    BOOST_TEST(warm.maximum_idle.value() == 9u);
}

BOOST_AUTO_TEST_CASE(the_dsn_goes_before_the_keys_and_the_keys_before_the_defaults) {
    auto const options = pool_of("    dsn: postgres://u@h/d?pool_max_conns=20\n"
                                 "    max_conns: 15\n    max_lifetime: 2h\n");
    BOOST_TEST(options.maximum == 20u);
    BOOST_TEST((options.lifetime == 2h));
    BOOST_TEST((options.idle_time == 30min));
    auto const keywords =
        pool_of("    dsn: host=h user=u pool_max_conn_lifetime=3h\n    max_lifetime: 2h\n");
    BOOST_TEST((keywords.lifetime == 3h));
}

BOOST_AUTO_TEST_CASE(a_dsn_does_not_switch_off_schema_sslmode_and_query_timeout) {
    auto const one = managed("      dsn: postgres://u@h/d\n      schema: shop\n"
                             "      sslmode: require\n      query_timeout: 1500ms\n");
    BOOST_TEST(config::dsn_of(one).parameter("sslmode") == "require");
    BOOST_TEST((config::session_of(one) == copg::session{"shop"}));
    BOOST_TEST((config::connect_options_of(one).query_timeout() == 1'500ms));
    BOOST_TEST((config::pool_options_of(one).query_timeout == 1'500ms));
}

BOOST_AUTO_TEST_CASE(a_dsn_that_sets_a_limit_itself_keeps_it) {
    auto const one =
        managed("      dsn: postgres://u@h/d?statement_timeout=5s&connect_timeout=3\n");
    BOOST_TEST((config::connect_options_of(one).query_timeout() == 0ms));
    BOOST_TEST((config::connect_options_of(one).timeout() == 3s));
    BOOST_TEST(!config::pool_options_of(one).connect_timeout.has_value());
}

BOOST_AUTO_TEST_CASE(a_dsn_that_does_not_mention_tls_keeps_libpqs_default) {
    auto const one = managed("      dsn: postgres://u@h/d\n");
    BOOST_TEST((config::dsn_of(one) == copg::dsn{"postgres://u@h/d"}));
}

BOOST_AUTO_TEST_CASE(short_limits_and_reconnecting_can_be_had_exactly_as_written) {
    auto const read = load_text("dbmanager:\n  enable_auto_reconnect: false\n"
                                "  health_check_interval: 15s\n  retry_attempts: 0\n"
                                "  connections:\n    a:\n      dsn: host=h\n"
                                "      query_timeout: 5s\n");
    BOOST_TEST(!read.value.manager.enable_auto_reconnect);
    BOOST_TEST((read.value.manager.health_check_interval == 15s));
    auto const options = config::pool_options_of(only(read));
    BOOST_TEST((options.query_timeout == 5s));
    BOOST_TEST((options.health_interval == 15s));
    BOOST_TEST(options.retry.attempts == 1u); // 0 and 1 are a single try
}

BOOST_AUTO_TEST_CASE(of_two_retry_delays_the_one_that_is_not_written_gives_way) {
    auto const long_delay = managed("      dsn: host=h\n", "  retry_delay: 20s\n");
    BOOST_TEST((config::pool_options_of(long_delay).retry.maximum_delay == 20s));
    auto const short_maximum = managed("      dsn: host=h\n", "  retry_max_delay: 500ms\n");
    BOOST_TEST((config::pool_options_of(short_maximum).retry.delay == 500ms));
}

BOOST_AUTO_TEST_CASE(each_host_has_the_time_to_connect_that_is_written) {
    auto const one = managed("      dsn: postgres://u@a,b,c/d\n      connect_timeout: 2s\n");
    BOOST_TEST((config::connect_options_of(one).timeout() == 2s));
    BOOST_TEST((config::pool_options_of(one).connect_timeout == 6s));
    auto const ever = managed("      dsn: postgres://u@a/d\n      connect_timeout: 0\n");
    BOOST_TEST((config::connect_options_of(ever).timeout() >= 1h));
    BOOST_TEST((config::pool_options_of(ever).connect_timeout == 0ms));
}

BOOST_AUTO_TEST_CASE(any_character_of_a_field_reaches_the_server) {
    auto const one = managed("      host: h\n      database: \"a/b?c=d\"\n"
                             "      user: \"us er@x\"\n      password: \"p@ss:'w\\\\ord#%\"\n");
    auto const target = config::dsn_of(one);
    BOOST_TEST(target.parameter("dbname") == "a/b?c=d");
    BOOST_TEST(target.parameter("user") == "us er@x");
    BOOST_TEST(target.parameter("password") == "p@ss:'w\\ord#%");
    BOOST_TEST(target.parameter("sslmode") == "disable");
}

BOOST_AUTO_TEST_CASE(row_security_settings_are_part_of_the_session) {
    auto const one = only(load_text("dbpool-definitions:\n  a:\n    dsn: host=h\n"
                                    "    rls-context:\n      app.current_tenant: it's\n"));
    auto const expected = copg::session{"public"}.with_setting("app.current_tenant", "it's");
    BOOST_TEST((config::session_of(one) == expected));
}

BOOST_AUTO_TEST_CASE(names_and_tags_keep_their_case) {
    auto const read = load_text("dbmanager:\n  default_connection: Main\n  connections:\n"
                                "    Main:\n      dsn: host=h\n      tags: {Env: Prod, tier: 1}\n"
                                "    main:\n      dsn: host=i\n");
    BOOST_TEST(texts(read.problems).empty());
    BOOST_TEST(read.value.manager.default_connection == "Main");
    BOOST_TEST(read.value.find("Main")->tags.at("Env") == "Prod");
    BOOST_TEST(read.value.find("Main")->tags.at("tier") == "1");
    BOOST_TEST(read.value.find("main") != read.value.find("Main"));
    BOOST_TEST(read.value.find("MAIN") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_made_by_hand_is_checked_when_it_is_used) {
    config::definition made;
    made.name = "a";
    made.host = "h";
    made.pool.minimum = 5;
    made.pool.maximum = 4;
    BOOST_CHECK_THROW(config::pool_options_of(made), copg::error);
}

BOOST_AUTO_TEST_CASE(what_takes_effect_is_printed_as_yaml_without_secrets) {
    auto const read = load_text(test_file("dbmanager.yaml") + test_file("dbpool_definitions.yaml"));
    auto const text = config::describe(read.value);
    for (auto const* secret : {"mypassword", "mongopass", "pass'", ":pass@"})
        BOOST_TEST(text.find(secret) == text.npos, secret);
    BOOST_TEST(text.find("password=***") != text.npos);
    BOOST_TEST(text.find("max_conns: 25\n") != text.npos);
    BOOST_TEST(text.find("default_connection: \"primary\"\n") != text.npos);
}

BOOST_AUTO_TEST_CASE(what_is_printed_means_the_same_when_it_is_read) {
    std::string const hostile = "dbpool-definitions:\n  x:\n"
                                "    dsn: postgres://u@a,b/d?search_path=s&connect_timeout=3\n"
                                "    tags: {\"a: b\": \"c\\n\\\"d\"}\n"
                                "    rls_context: {app.x: \"it's: #1\"}\n"
                                "    min_conns: 0\n    max_idle_time: 0\n    query_timeout: 0\n";
    for (auto const& text :
         {test_file("dbmanager.yaml") + test_file("dbpool_definitions.yaml"), hostile}) {
        auto const once = config::describe(load_text(text).value);
        auto const read = load_text(once);
        BOOST_TEST(read.usable());
        BOOST_TEST(config::describe(read.value) == once);
    }
}

BOOST_AUTO_TEST_CASE(anchors_and_merge_keys_give_what_is_not_written) {
    auto const read = load_text("defaults: &d {sslmode: require, max_conns: 4}\n"
                                "dbmanager:\n  connections:\n    a:\n      <<: *d\n"
                                "      host: h\n      database: d\n      max_conns: 6\n");
    auto const one = only(read);
    BOOST_TEST(one.sslmode.value() == "require");
    BOOST_TEST(one.pool.maximum.value() == 6u);
}

BOOST_AUTO_TEST_SUITE_END()
