// SPDX-License-Identifier: BSL-1.0
#include "pool/server_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using copg::dsn;
using copg::detail::server_watch;
using namespace std::chrono_literals;

namespace {

auto const failure = std::make_exception_ptr(std::runtime_error{"refused"});

server_watch::time at(std::chrono::milliseconds moment) {
    return server_watch::time{moment};
}

copg::retry_policy policy() {
    copg::retry_policy made;
    made.delay = 100ms;
    made.jitter = 0;
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_server_watch)

BOOST_AUTO_TEST_CASE(pools_of_one_server_share_a_watch_whatever_their_databases) {
    auto const one = server_watch::of(dsn{"host=a port=5432 dbname=one user=x"});
    BOOST_TEST(one == server_watch::of(dsn{"postgres://y@a/two"}));
    BOOST_TEST(one != server_watch::of(dsn{"host=a port=5433 dbname=one user=x"}));
    BOOST_TEST(one != server_watch::of(dsn{"host=b dbname=one user=x"}));
}

BOOST_AUTO_TEST_CASE(while_a_server_is_down_one_pool_at_a_time_tries_when_it_is_due) {
    server_watch watch;
    int const first = 1;
    int const second = 2;
    BOOST_TEST(!watch.ask(&first, at(0ms)));
    BOOST_TEST(!watch.ask(&second, at(0ms)), "while it is up, all may");
    BOOST_TEST((watch.failed(&first, at(0ms), policy(), failure) == at(100ms)));
    BOOST_TEST((watch.failed(&first, at(1ms), policy(), failure) == at(100ms)), "it began before");
    BOOST_TEST((watch.failure() == failure));
    BOOST_TEST((watch.ask(&second, at(10ms)) == at(100ms)));
    BOOST_TEST((watch.ask(&first, at(10ms)) > at(100ms)), "who tried last comes last");
    BOOST_TEST(!watch.ask(&second, at(100ms)));
    auto const again = watch.ask(&first, at(100ms));
    BOOST_TEST((again > at(100ms)));
    BOOST_TEST((watch.failed(&second, at(100ms), policy(), failure) == at(300ms)), "whoever tries");
    BOOST_TEST((watch.ask(&first, at(150ms)) == at(300ms)));
    BOOST_TEST(!watch.ask(&first, at(300ms)));
    watch.reached();
    BOOST_TEST(!watch.ask(&second, at(301ms)));
    BOOST_TEST((watch.failure() == nullptr));
}

BOOST_AUTO_TEST_CASE(a_pool_that_does_not_try_after_all_leaves_it_to_another) {
    server_watch watch;
    int const first = 1;
    int const second = 2;
    int const third = 3;
    watch.failed(&third, at(0ms), policy(), failure);
    BOOST_TEST(!watch.ask(&first, at(100ms)));
    watch.abandon(&second);
    BOOST_TEST(watch.ask(&second, at(100ms)).has_value());
    watch.abandon(&first);
    BOOST_TEST(!watch.ask(&second, at(100ms)));
}

BOOST_AUTO_TEST_SUITE_END()
