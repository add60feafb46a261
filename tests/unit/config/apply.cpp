// SPDX-License-Identifier: BSL-1.0
#include "support.hpp"

#include <copg/config/apply.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

using namespace copg::test;
using namespace std::chrono_literals;
namespace config = copg::config;
using copg::errc;

namespace {

template <class Call>
std::error_code code_of(Call call) {
    try {
        static_cast<void>(call());
    } catch (copg::error const& e) {
        return e.code();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_config_apply)

BOOST_AUTO_TEST_CASE(a_document_becomes_names_of_a_manager_whatever_their_types) {
    boost::asio::io_context loop;
    copg::manager routes{loop.get_executor()};
    auto const read = load_text(test_file("dbmanager.yaml"));
    config::apply(read.value, routes);
    BOOST_TEST(routes.all().size() == read.value.definitions.size());
    BOOST_TEST(routes.default_connection().name() == "primary");
    auto const primary = routes.named("primary").pool();
    BOOST_TEST(primary.options().maximum == 25u);
    BOOST_TEST((primary.options().query_timeout == 30s));
    BOOST_TEST((primary.target().timeout() == 10s), "of each address");
    BOOST_TEST(primary.options().retry.attempts == 3u);
    BOOST_TEST((code_of([&] { routes.named("cache-db"); }) == errc::unsupported_database));
    BOOST_TEST((code_of([&] { routes.named("documents"); }) == errc::not_sql_database));
    BOOST_TEST(routes.statistics().open == 0u);
}

BOOST_AUTO_TEST_CASE(pools_of_the_other_root_have_their_schema_and_row_security) {
    boost::asio::io_context loop;
    copg::manager routes{loop.get_executor()};
    auto const read = load_text("dbpool-definitions:\n"
                                "  shop:\n"
                                "    dsn: postgres://app@192.0.2.1/shop\n"
                                "    schema: tenant_1\n"
                                "    rls-context: {app.current_tenant: acme}\n"
                                "    tags: {env: prod}\n"
                                "  paths:\n"
                                "    dsn: postgres://app@192.0.2.1/shop?search_path=own\n");
    config::apply(read.value, routes);
    BOOST_TEST((routes.named("shop").session() ==
                copg::session{"tenant_1"}.with_setting("app.current_tenant", "acme")));
    BOOST_TEST(routes.named("paths").session().empty());
    BOOST_TEST(routes.find({{"env", "prod"}}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(health_checks_are_as_the_document_says_and_can_be_turned_off) {
    auto const written = config::manager_options_of(load_text(test_file("dbmanager.yaml")).value);
    BOOST_TEST((written.health.interval == 30s));
    BOOST_TEST(written.health.auto_reconnect);
    auto const off = config::manager_options_of(load_text("dbmanager:\n"
                                                          "  health_check_interval: 0\n"
                                                          "  enable_auto_reconnect: false\n"
                                                          "  connections:\n"
                                                          "    a: {dsn: 'host=h user=u'}\n")
                                                    .value);
    BOOST_TEST((off.health.interval == 0s));
    BOOST_TEST(!off.health.auto_reconnect);
}

BOOST_AUTO_TEST_CASE(nothing_is_registered_of_a_configuration_that_cannot_be_used) {
    boost::asio::io_context loop;
    copg::manager routes{loop.get_executor()};
    config::configuration made;
    made.definitions.resize(2);
    made.definitions[0].name = "good";
    made.definitions[0].dsn = "host=h user=u";
    made.definitions[1].name = "bad";
    made.definitions[1].dsn = "nonsense";
    BOOST_TEST((code_of([&] {
                    config::apply(made, routes);
                    return 0;
                }) == errc::invalid_dsn));
    BOOST_TEST(routes.names().empty());
}

BOOST_AUTO_TEST_SUITE_END()
