// SPDX-License-Identifier: BSL-1.0
#include "support/coroutine_test.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/base/with_retry.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <memory>
#include <vector>

using namespace copg::test;
using namespace copg::literals;
using copg::errc;

namespace {

std::exception_ptr failure_of(errc code) {
    return std::make_exception_ptr(copg::error{code, "failed"});
}

std::exception_ptr failure_of(char const* state) {
    copg::sql_diagnostics diagnostics;
    diagnostics.state = static_cast<copg::sqlstate>(copg::pack_sqlstate(state));
    return std::make_exception_ptr(copg::sql_error{std::move(diagnostics)});
}

copg::retry_policy quick() {
    copg::retry_policy policy;
    policy.delay = 1ms;
    policy.maximum_delay = 2ms;
    return policy;
}

copg::retry_policy documented() {
    copg::retry_policy policy; // 1 s, at most 10 s
    policy.jitter = 0;
    policy.attempts = 7;
    return policy;
}

/// Fails so many times, then returns the number of calls.
class operation {
public:
    operation(int failures, std::exception_ptr failure = failure_of(errc::connect_failed))
        : failures_{failures}, failure_{std::move(failure)} {}

    asio::awaitable<int> operator()() { return run(this); }
    int calls = 0;

private:
    static asio::awaitable<int> run(operation* self) {
        ++self->calls;
        if (self->calls <= self->failures_)
            std::rethrow_exception(self->failure_);
        co_return self->calls;
    }

    int failures_;
    std::exception_ptr failure_;
};

char const* const transient_states[] = {"08000", "08001", "08006", "08P01", "53300", "57P03"};
char const* const lasting_states[] = {
    "08007", "28000", "28P01", "3D000", "40001", "57014", "57P01", "57P02", "23505", "53100"};
errc const transient_codes[] = {errc::connect_failed, errc::connect_timeout, errc::connection_lost};
errc const lasting_codes[] = {errc::statement_in_doubt,
                              errc::transaction_in_doubt,
                              errc::invalid_dsn,
                              errc::acquire_timeout,
                              errc::pool_closed};

} // namespace

BOOST_AUTO_TEST_SUITE(test_retry_policy)

BOOST_AUTO_TEST_CASE(the_waits_grow_from_the_delay_to_the_maximum) {
    auto const policy = documented();
    std::vector<std::chrono::milliseconds> waits;
    for (std::size_t failures = 1; failures <= 6; ++failures)
        waits.push_back(policy.wait_after(failures, 0.5));
    std::vector<std::chrono::milliseconds> const expected{1s, 2s, 4s, 8s, 10s, 10s};
    BOOST_TEST((waits == expected));
    BOOST_TEST((policy.wait_after(100'000, 0.5) == 10s));
}

BOOST_AUTO_TEST_CASE(jitter_takes_off_at_most_its_part) {
    copg::retry_policy policy;
    policy.jitter = 0.25;
    BOOST_TEST((policy.wait_after(2, 0) == 2'000ms));
    BOOST_TEST((policy.wait_after(2, 0.5) == 1'750ms));
    BOOST_TEST((policy.wait_after(2, 1) == 1'500ms));
}

BOOST_AUTO_TEST_CASE(everything_that_is_wrong_is_told_at_once) {
    copg::retry_policy wrong;
    wrong.delay = -1ms;
    wrong.maximum_delay = -2ms;
    wrong.multiplier = 0.5;
    wrong.jitter = 1.5;
    std::vector<std::string> const expected{
        "retry.delay must not be negative",
        "retry.multiplier (0.5) must be at least 1",
        "retry.maximum_delay (-2 ms) must not be below retry.delay (-1 ms)",
        "retry.jitter (1.5) must be from 0 to 1"};
    BOOST_TEST(wrong.problems("retry.") == expected, boost::test_tools::per_element());
    BOOST_TEST(copg::retry_policy{}.problems().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(test_with_retry)

BOOST_DATA_TEST_CASE(what_had_no_effect_and_can_pass_is_transient, transient_states) {
    BOOST_TEST(copg::is_transient(failure_of(sample)));
}

BOOST_DATA_TEST_CASE(what_no_time_cures_or_may_have_happened_is_not, lasting_states) {
    BOOST_TEST(!copg::is_transient(failure_of(sample)));
}

BOOST_AUTO_TEST_CASE(copgs_own_failures_are_transient_where_there_was_no_connection) {
    for (auto const code : transient_codes)
        BOOST_TEST(copg::is_transient(failure_of(code)));
    for (auto const code : lasting_codes)
        BOOST_TEST(!copg::is_transient(failure_of(code)));
    BOOST_TEST(!copg::is_transient(std::make_exception_ptr(std::runtime_error{"failed"})));
    BOOST_TEST(!copg::is_transient(std::make_exception_ptr(1)));
}

BOOST_AUTO_TEST_CASE(transactions_that_collided_have_a_condition_of_their_own) {
    for (auto const* state : {"40001", "40P01"})
        BOOST_TEST(copg::is_serialization_failure(failure_of(state)));
    for (auto const* state : {"40002", "40003", "23505", "08006"})
        BOOST_TEST(!copg::is_serialization_failure(failure_of(state)));
    BOOST_TEST(!copg::is_serialization_failure(failure_of(errc::connect_failed)));
}

BOOST_AUTO_TEST_CASE(with_the_documented_settings_the_waits_are_1_2_and_4_seconds) {
    copg::retry_policy policy;
    policy.attempts = 4;
    policy.jitter = 0;
    copg::detail::retry_run run{policy, copg::is_transient, {}};
    auto const failure = failure_of(errc::connect_failed);
    BOOST_TEST((run.wait_after(failure) == 1s));
    BOOST_TEST((run.wait_after(failure) == 2s));
    BOOST_TEST((run.wait_after(failure) == 4s));
    BOOST_CHECK_THROW(run.wait_after(failure), copg::error);
}

BOOST_AUTO_TEST_CASE(waits_differ_within_the_jitter) {
    copg::retry_policy policy;
    policy.attempts = 0;
    policy.multiplier = 1;
    copg::detail::retry_run run{policy, copg::is_transient, {}};
    auto shortest = 10s + 0ms;
    auto longest = 0ms;
    for (int i = 0; i < 1'000; ++i) {
        auto const wait = run.wait_after(failure_of(errc::connect_failed));
        shortest = std::min(shortest, wait);
        longest = std::max(longest, wait);
    }
    BOOST_TEST((shortest >= 500ms && longest <= 1'000ms));
    BOOST_TEST((longest - shortest > 100ms));
}

COPG_COROUTINE_TEST(what_succeeds_is_called_once) {
    operation works{0};
    auto const result = co_await copg::with_retry(quick(), std::ref(works));
    BOOST_TEST(result == 1);
}

COPG_COROUTINE_TEST(what_fails_is_called_again_until_it_succeeds) {
    operation works{2};
    auto const result = co_await copg::with_retry(quick(), std::ref(works));
    BOOST_TEST(result == 3);
}

COPG_COROUTINE_TEST(the_last_failure_is_thrown_as_it_is_and_the_tries_are_told) {
    operation fails{10, failure_of("53300")};
    std::vector<copg::failed_try> told;
    auto const observe = [&told](copg::failed_try const& failed) { told.push_back(failed); };
    auto caught = false;
    try {
        co_await copg::with_retry(quick(), std::ref(fails), copg::is_transient, observe);
    } catch (copg::sql_error const& e) {
        caught = e.state() == copg::sqlstate::too_many_connections;
    }
    BOOST_TEST(caught);
    BOOST_TEST_REQUIRE(told.size() == 3u);
    BOOST_TEST(told[1].number == 2u);
    BOOST_TEST(told[1].wait.has_value());
    BOOST_TEST(told[2].number == 3u);
    BOOST_TEST(!told[2].wait.has_value());
    BOOST_TEST(fails.calls == 3);
}

COPG_COROUTINE_TEST(one_attempt_means_a_single_try) {
    operation fails{1};
    auto policy = quick();
    policy.attempts = 1;
    auto const end = co_await end_of(copg::with_retry(policy, std::ref(fails)));
    BOOST_TEST((end.code == errc::connect_failed));
    BOOST_TEST(fails.calls == 1);
}

COPG_COROUTINE_TEST(no_limit_means_as_often_as_needed) {
    operation works{20};
    auto policy = quick();
    policy.attempts = 0;
    policy.delay = 0ms;
    auto const result = co_await copg::with_retry(policy, std::ref(works));
    BOOST_TEST(result == 21);
}

COPG_COROUTINE_TEST(what_is_not_transient_is_thrown_at_once) {
    operation fails{1, failure_of(errc::statement_in_doubt)};
    copg::retry_policy const slow; // a wait would be noticed
    auto const end = co_await end_of(copg::with_retry(slow, std::ref(fails)));
    BOOST_TEST((end.code == errc::statement_in_doubt));
    BOOST_TEST(fails.calls == 1);
}

COPG_COROUTINE_TEST(the_condition_says_what_is_tried_again) {
    operation works{1, failure_of("40001")};
    auto const result =
        co_await copg::with_retry(quick(), std::ref(works), copg::is_serialization_failure);
    BOOST_TEST(result == 2);
}

COPG_COROUTINE_TEST(a_policy_that_makes_no_sense_is_refused_before_the_first_try) {
    operation works{0};
    auto wrong = quick();
    wrong.jitter = 2;
    auto const end = co_await end_of(copg::with_retry(wrong, std::ref(works)));
    BOOST_TEST((end.code == errc::invalid_configuration));
    BOOST_TEST(works.calls == 0);
}

COPG_COROUTINE_TEST(a_cancellation_ends_the_wait_at_once) {
    auto const executor = co_await asio::this_coro::executor;
    asio::cancellation_signal signal;
    operation fails{10};
    copg::retry_policy slow;
    slow.delay = 50s;
    slow.maximum_delay = 50s;
    ending end;
    auto over = false;
    asio::co_spawn(executor,
                   end_of(copg::with_retry(slow, std::ref(fails))),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, ending e) {
                       end = std::move(e);
                       over = true;
                   }));
    co_await yield();
    BOOST_TEST(!over);
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return over; });
    BOOST_TEST((end.code == std::errc::operation_canceled));
    BOOST_TEST(fails.calls == 1);
}

COPG_COROUTINE_TEST(results_that_only_move_and_operations_without_one_pass_through) {
    auto const make = []() -> asio::awaitable<std::unique_ptr<int>> {
        co_return std::make_unique<int>(7);
    };
    auto const made = co_await copg::with_retry(quick(), make);
    BOOST_TEST(*made == 7);
    auto const nothing = []() -> asio::awaitable<void> { co_return; };
    co_await copg::with_retry(quick(), nothing);
}

BOOST_AUTO_TEST_SUITE_END()
