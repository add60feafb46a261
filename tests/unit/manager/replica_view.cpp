// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/replica_node.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using copg::dsn;
using copg::health_state;
using copg::node_role;
using copg::detail::nodes_of;
using copg::detail::replica_view;

BOOST_AUTO_TEST_SUITE(test_replica_view)

BOOST_AUTO_TEST_CASE(nothing_is_known_before_the_first_check_and_no_read_goes_there) {
    replica_view const fresh{std::nullopt};
    BOOST_TEST((fresh.status().role == node_role::unknown));
    BOOST_TEST((fresh.status().health == health_state::unknown));
    BOOST_TEST(!fresh.status().serves_reads);
}

BOOST_AUTO_TEST_CASE(reads_go_to_a_standby_and_not_to_a_primary) {
    replica_view node{std::nullopt};
    node.answered(node_role::standby, 50ms);
    BOOST_TEST(node.status().serves_reads);
    BOOST_TEST((node.for_reads() == health_state::healthy));
    BOOST_TEST(!node.takes_writes());
    node.answered(node_role::primary, std::nullopt);
    BOOST_TEST(!node.status().serves_reads);
    BOOST_TEST((node.for_reads() == health_state::unhealthy));
    BOOST_TEST((node.status().health == health_state::healthy));
    BOOST_TEST(node.takes_writes());
}

BOOST_AUTO_TEST_CASE(one_failure_degrades_and_the_second_takes_the_role_away) {
    replica_view node{std::nullopt};
    node.answered(node_role::standby, 0ms);
    node.failed("no route");
    BOOST_TEST((node.status().health == health_state::degraded));
    BOOST_TEST(node.status().serves_reads);
    node.failed("still no route");
    BOOST_TEST((node.status().health == health_state::unhealthy));
    BOOST_TEST((node.status().role == node_role::unknown));
    BOOST_TEST(!node.status().serves_reads);
    BOOST_TEST(node.status().last_error == "still no route");
    node.answered(node_role::standby, 0ms);
    BOOST_TEST((node.status().health == health_state::healthy));
    BOOST_TEST(node.status().last_error == "still no route");
}

BOOST_AUTO_TEST_CASE(a_primary_that_did_not_answer_does_not_count_as_one_that_takes_writes) {
    replica_view node{std::nullopt};
    node.answered(node_role::primary, std::nullopt);
    node.failed("gone");
    BOOST_TEST((node.status().role == node_role::primary));
    BOOST_TEST(!node.takes_writes());
}

BOOST_AUTO_TEST_CASE(a_standby_that_is_too_late_or_does_not_know_is_left_out) {
    replica_view node{1s};
    node.answered(node_role::standby, 1s);
    BOOST_TEST(node.status().serves_reads);
    node.answered(node_role::standby, 1001ms);
    BOOST_TEST(!node.status().serves_reads);
    BOOST_TEST((node.status().health == health_state::degraded));
    node.answered(node_role::standby, std::nullopt);
    BOOST_TEST(!node.status().serves_reads);
    node.answered(node_role::standby, -3ms); // the clocks differ
    BOOST_TEST(node.status().serves_reads);
    BOOST_TEST((node.status().lag == 0ms));
}

BOOST_AUTO_TEST_CASE(a_node_of_a_closed_set_is_disconnected) {
    replica_view node{std::nullopt};
    node.answered(node_role::standby, 0ms);
    node.closed();
    BOOST_TEST((node.status().health == health_state::disconnected));
    BOOST_TEST(!node.status().serves_reads);
}

BOOST_AUTO_TEST_CASE(a_dsn_of_several_hosts_is_parted_by_node_in_either_form) {
    for (auto const* text :
         {"host=a,b,c port=1,2,3 user=app password='s3cret, x' dbname=d "
          "target_session_attrs=primary",
          "postgres://app:s3cret%2C%20x@a:1,b:2,c:3/d?target_session_attrs=primary"}) {
        auto const nodes = nodes_of(dsn{text});
        BOOST_TEST_REQUIRE(nodes.size() == 3u);
        dsn const expected{"host=b port=2 user=app password='s3cret, x' dbname=d "
                           "target_session_attrs=any"};
        BOOST_TEST((nodes[1] == expected));
    }
}

BOOST_AUTO_TEST_CASE(one_port_is_the_port_of_all_and_addresses_are_parted_too) {
    auto const nodes = nodes_of(dsn{"host=a,b hostaddr=10.0.0.1,10.0.0.2 port=7"});
    BOOST_TEST_REQUIRE(nodes.size() == 2u);
    BOOST_TEST(nodes[1].parameter("host") == "b");
    BOOST_TEST(nodes[1].parameter("hostaddr") == "10.0.0.2");
    BOOST_TEST(nodes[1].parameter("port") == "7");
    BOOST_CHECK_THROW(nodes_of(dsn{"host=a,b port=1,2,3"}), copg::error);
}

BOOST_AUTO_TEST_CASE(the_hosts_must_be_in_the_text_and_not_in_a_service_file) {
    BOOST_CHECK_THROW(nodes_of(dsn{"service=shop"}), copg::error);
    BOOST_TEST(nodes_of(dsn{"service=shop host=a,b"}).size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
