// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"

#include <copg/driver/dsn_builder.hpp>

using namespace copg::test;
using copg::connection;

BOOST_AUTO_TEST_SUITE(test_dsn_settings)

COPG_COROUTINE_TEST(the_server_gets_the_settings_of_a_dsn_whatever_they_hold) {
    std::string const hostile = R"(a "b" 'c' \d -c geqo=off = ,)";
    auto const target = copg::dsn_builder{copg::dsn{cluster().dsn()}}
                            .set("app.region", hostile)
                            .set("TimeZone", "Asia/Tokyo")
                            .set("pool_max_conns", "5")
                            .build();
    auto c = co_await connection::connect(target);
    auto const region = co_await c.fetch_one<std::string>("select current_setting('app.region')");
    BOOST_TEST(region == hostile);
    auto const zone = co_await c.fetch_one<std::string>("select current_setting('TimeZone')");
    BOOST_TEST(zone == "Asia/Tokyo");
    auto const geqo = co_await c.fetch_one<std::string>("select current_setting('geqo')");
    BOOST_TEST(geqo == "on");
}

COPG_COROUTINE_TEST(every_setting_of_a_session_can_stand_in_a_dsn) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const names = co_await c.fetch<std::string>(
        "select name from pg_settings where context in ('user', 'superuser', 'backend', "
        "'superuser-backend')");
    BOOST_TEST(names.size() > 100u);
    for (auto const& name : names)
        BOOST_CHECK_NO_THROW(copg::dsn{"host=h user=app " + name + "=1"});
}

BOOST_AUTO_TEST_SUITE_END()
