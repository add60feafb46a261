// SPDX-License-Identifier: BSL-1.0
// The blocks in the documents that copg's two roots come from, uncut.
#include "support.hpp"

#include <copg/base/error.hpp>
#include <copg/config/convert.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace copg::test;
using namespace std::chrono_literals;
namespace config = copg::config;

namespace {

/// A piece of the document as it would stand under dbmanager.
std::string under_dbmanager(std::string const& file) {
    std::istringstream lines{test_file(file)};
    std::string text{"dbmanager:\n"};
    for (std::string line; std::getline(lines, line);)
        text += "  " + line + "\n";
    return text;
}

config::loaded with_piece(std::string const& file) {
    config::load_options options;
    options.environment = {};
    auto read = config::load(
        {{"dbmanager.yaml", test_file("dbmanager.yaml")}, {file, under_dbmanager(file)}}, options);
    BOOST_TEST(read.usable());
    return read;
}

char const* const pieces[] = {"dbmanager_health.yaml",
                              "dbmanager_lifetime.yaml",
                              "dbmanager_logging.yaml",
                              "dbmanager_pool_size.yaml",
                              "dbmanager_pools.yaml",
                              "dbmanager_retries.yaml"};

} // namespace

BOOST_AUTO_TEST_SUITE(test_config_documents)

BOOST_AUTO_TEST_CASE(named_pools_from_a_dsn_and_from_fields) {
    auto const read = load_text(test_file("dbpool_definitions.yaml"));
    BOOST_TEST(texts(read.problems).empty());
    BOOST_REQUIRE(read.value.definitions.size() == 2);

    auto const& main = *read.value.find("main-db");
    BOOST_TEST((config::dsn_of(main) ==
                copg::dsn{"postgres://user:pass@localhost:5432/mydb?sslmode=disable"}));
    BOOST_TEST((config::session_of(main) == copg::session{"public"}));
    auto const options = config::pool_options_of(main);
    BOOST_TEST(options.minimum == 2u);
    BOOST_TEST(options.maximum == 10u);
    BOOST_TEST((options.idle_time == 30min));
    BOOST_TEST((options.lifetime == 1h));

    auto const& analytics = *read.value.find("analytics-db");
    BOOST_TEST((config::dsn_of(analytics) ==
                copg::dsn{"host=localhost port=5432 dbname=analytics user=user password=pass "
                          "sslmode=disable"}));
    BOOST_TEST((config::session_of(analytics) == copg::session{"analytics"}));
}

BOOST_AUTO_TEST_CASE(both_modes_load_and_have_the_documented_defaults) {
    for (auto const* file : {"dbpool_local_mode.yaml", "dbpool_sync_mode.yaml"}) {
        auto const main = only(load_text(test_file(file)));
        auto const options = config::pool_options_of(main);
        BOOST_TEST(options.minimum == 2u);
        BOOST_TEST(options.maximum == 10u);
        BOOST_TEST((options.idle_time == 30min));
        BOOST_TEST((options.lifetime == 1h));
        BOOST_TEST((config::session_of(main) == copg::session{"public"}));
    }
}

BOOST_AUTO_TEST_CASE(managed_connections_load_whatever_their_type) {
    auto const read = load_text(test_file("dbmanager.yaml"));
    std::vector<std::string> const expected{
        "a.yaml:43: warning: dbmanager.connections.cache-db.type: copg does not serve sqlite; "
        "asking "
        "for this connection is an error",
        "a.yaml:49: warning: dbmanager.connections.documents.type: copg does not serve mongodb; "
        "asking for this connection is an error"};
    BOOST_TEST(texts(read.problems) == expected, boost::test_tools::per_element());
    BOOST_TEST(read.usable());
    BOOST_TEST(read.value.manager.default_connection == "primary");
    BOOST_TEST((read.value.manager.health_check_interval == 30s));

    auto const& primary = *read.value.find("primary");
    BOOST_TEST((config::dsn_of(primary) ==
                copg::dsn{"postgres://myuser:mypassword@localhost:5432/myapp?sslmode=disable"}));
    BOOST_TEST(primary.enable_tracing.value());
    BOOST_TEST(primary.default_orm.value() == "bun");
    auto const options = config::pool_options_of(primary);
    BOOST_TEST(options.minimum == 0u);
    BOOST_TEST(options.maximum == 25u);
    BOOST_TEST(options.maximum_idle.value() == 5u);
    BOOST_TEST((options.lifetime == 30min));
    BOOST_TEST((options.idle_time == 5min));
    BOOST_TEST((options.health_interval == 30s));
    BOOST_TEST((options.connect_timeout == 10s));
    BOOST_TEST((options.query_timeout == 30s));
    BOOST_TEST(options.retry.attempts == 3u);
    BOOST_TEST((options.retry.delay == 1s));
    BOOST_TEST((options.retry.maximum_delay == 10s));
    BOOST_TEST((config::session_of(primary) == copg::session{}));
}

BOOST_AUTO_TEST_CASE(asking_for_a_connection_of_another_type_is_an_error) {
    auto const read = load_text(test_file("dbmanager.yaml"));
    for (auto const* name : {"cache-db", "documents"})
        BOOST_CHECK_EXCEPTION(
            config::dsn_of(*read.value.find(name)), copg::error, [](copg::error const& e) {
                return e.code() == copg::errc::unsupported_database;
            });
}

BOOST_DATA_TEST_CASE(each_piece_of_the_document_can_be_put_over_the_whole, pieces) {
    auto const read = with_piece(sample);
    BOOST_TEST(read.value.definitions.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_connections_own_sizes_go_before_those_of_all) {
    auto const read = with_piece("dbmanager_pools.yaml");
    auto const primary = config::pool_options_of(*read.value.find("primary"));
    BOOST_TEST(primary.maximum == 100u);
    BOOST_TEST(primary.maximum_idle.value() == 25u);
    auto const analytics = config::pool_options_of(*read.value.find("analytics"));
    BOOST_TEST(analytics.maximum == 10u);
    BOOST_TEST(analytics.maximum_idle.value() == 2u);
    BOOST_TEST((analytics.lifetime == 30min));
}

BOOST_AUTO_TEST_CASE(retries_are_as_the_file_says) {
    auto const read = with_piece("dbmanager_retries.yaml");
    auto const options = config::pool_options_of(*read.value.find("primary"));
    BOOST_TEST(options.retry.attempts == 5u);
    BOOST_TEST((options.retry.delay == 1s));
    BOOST_TEST((options.retry.maximum_delay == 30s));
}

BOOST_AUTO_TEST_SUITE_END()
