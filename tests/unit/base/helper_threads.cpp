// SPDX-License-Identifier: BSL-1.0
#include "base/helper_threads.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <memory>
#include <thread>
#include <vector>

using copg::detail::helper_threads;
using namespace std::chrono_literals;

namespace {

constexpr auto long_enough = 60s;

/// A task that hangs until it is let go, and tells when it has begun.
struct gate {
    std::promise<void> begun;
    std::promise<void> opened;
    std::shared_future<void> open = opened.get_future().share();

    std::function<void()> task() {
        return [this, wait = open] {
            begun.set_value();
            wait.wait();
        };
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_helper_threads)

BOOST_AUTO_TEST_CASE(tasks_run_on_other_threads_in_the_order_in_which_they_came) {
    helper_threads helpers{1, 8};
    std::vector<int> order;
    std::promise<std::thread::id> last;
    for (int number = 1; number <= 3; ++number)
        BOOST_TEST(helpers.submit([&order, number] { order.push_back(number); }));
    BOOST_TEST(helpers.submit([&last] { last.set_value(std::this_thread::get_id()); }));
    BOOST_TEST((last.get_future().get() != std::this_thread::get_id()));
    BOOST_TEST(order == (std::vector{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses) {
    helper_threads helpers{1, 2};
    gate hanging;
    BOOST_TEST(helpers.submit(hanging.task()));
    hanging.begun.get_future().wait();
    BOOST_TEST(helpers.submit([] {}));
    BOOST_TEST(helpers.submit([] {}));
    BOOST_TEST(!helpers.submit([] {}));
    hanging.opened.set_value();
    BOOST_TEST(helpers.settle(long_enough));
}

BOOST_AUTO_TEST_CASE(a_task_that_hangs_leaves_the_other_threads_to_the_others) {
    helper_threads helpers{2, 8};
    gate hanging;
    BOOST_TEST(helpers.submit(hanging.task()));
    std::promise<void> done;
    BOOST_TEST(helpers.submit([&done] { done.set_value(); }));
    done.get_future().wait();
    hanging.opened.set_value();
    BOOST_TEST(helpers.settle(long_enough));
}

BOOST_AUTO_TEST_CASE(the_owner_ends_while_a_task_hangs_and_what_waits_is_dropped) {
    gate hanging;
    auto const owned = std::make_shared<int>();
    {
        helper_threads helpers{1, 8};
        BOOST_TEST(helpers.submit(hanging.task()));
        hanging.begun.get_future().wait();
        BOOST_TEST(helpers.submit([owned] { ++*owned; }));
        BOOST_TEST(!helpers.settle(0ms));
        BOOST_TEST(owned.use_count() == 1);
        BOOST_TEST(!helpers.submit([] {}));
    }
    hanging.opened.set_value();
    BOOST_TEST(*owned == 0);
}

BOOST_AUTO_TEST_SUITE_END()
