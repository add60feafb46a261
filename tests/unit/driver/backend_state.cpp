// SPDX-License-Identifier: BSL-1.0
#include "driver/backend_state.hpp"

#include <boost/test/unit_test.hpp>

using copg::reset_policy;
using copg::detail::aftermath_of;
using copg::detail::backend_state;
using copg::detail::leftovers;
using copg::detail::segment;
using copg::detail::segment_answer;

namespace {

constexpr std::size_t roomy = 1 << 20;

/// What is due when a borrower who ran these has gone.
leftovers due_after(reset_policy policy, std::initializer_list<char const*> statements) {
    backend_state state{roomy};
    for (auto const* sql : statements)
        state.mark(aftermath_of(sql));
    state.end_borrow(policy);
    return state.reset_due();
}

segment_answer failure() {
    segment_answer answer;
    answer.error = std::make_exception_ptr(std::exception{});
    return answer;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_backend_state)

BOOST_AUTO_TEST_CASE(what_is_due_is_the_worst_of_what_was_run) {
    using enum reset_policy;
    BOOST_TEST((due_after(standard, {"select 1"}) == leftovers::none));
    BOOST_TEST((due_after(standard, {"set a = b", "select 1"}) == leftovers::session));
    BOOST_TEST((due_after(standard, {"call p()", "listen c"}) == leftovers::anything));
    BOOST_TEST((due_after(always, {}) == leftovers::anything));
    BOOST_TEST((due_after(none, {"call p()"}) == leftovers::none));
}

BOOST_AUTO_TEST_CASE(a_reset_stays_due_until_one_has_succeeded) {
    backend_state state{roomy};
    state.mark(aftermath_of("listen c"));
    state.end_borrow(reset_policy::standard);
    state.end_borrow(reset_policy::standard); // who ran nothing
    BOOST_TEST((state.reset_due() == leftovers::session));
    segment reset;
    reset.is_reset = true;
    state.learn(reset, failure());
    BOOST_TEST((state.reset_due() == leftovers::session));
    state.learn(reset, {});
    BOOST_TEST((state.reset_due() == leftovers::none));
}

BOOST_AUTO_TEST_CASE(settings_for_the_whole_connection_make_a_reset_due_whatever_the_policy) {
    backend_state state{roomy};
    segment binding;
    binding.binds_session = true;
    state.learn(binding, {});
    state.end_borrow(reset_policy::none);
    BOOST_TEST((state.reset_due() == leftovers::session));
}

BOOST_AUTO_TEST_CASE(statements_mean_something_else_behind_a_setting_until_a_reset) {
    backend_state state{roomy};
    state.mark(aftermath_of("listen c"));
    state.mark_transaction_end();
    BOOST_TEST(state.meaning() == 0u);
    state.mark(aftermath_of("set local a = b"));
    auto const inside = state.meaning();
    BOOST_TEST(inside != 0u);
    state.mark_transaction_end();
    BOOST_TEST(state.meaning() != inside);
    BOOST_TEST(state.meaning() != 0u);
    state.end_borrow(reset_policy::standard);
    BOOST_TEST(state.meaning() == 0u);
    state.mark(aftermath_of("set a = b"));
    BOOST_TEST(state.meaning() > inside);
    state.end_borrow(reset_policy::none); // it stays for the next one
    BOOST_TEST(state.meaning() != 0u);
}

BOOST_AUTO_TEST_CASE(deallocate_counts_although_what_came_behind_it_has_failed) {
    backend_state state{roomy};
    auto& statements = state.statements();
    auto* const cached =
        statements.use({"select 1", {}}, copg::detail::statement_cache::naming::at_once);
    statements.prepare(*cached);
    statements.prepared(*cached);
    segment batch;
    batch.drops_statements = true;
    state.learn(batch, failure());
    BOOST_TEST(!statements.stands(*cached));
}

BOOST_AUTO_TEST_SUITE_END()
