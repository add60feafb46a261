// SPDX-License-Identifier: BSL-1.0
#include "driver/binding.hpp"

#include <boost/test/unit_test.hpp>

using copg::detail::binding;
using copg::detail::segment_plan;
using copg::detail::step;
using namespace std::chrono_literals;
using enum copg::detail::statement_kind;
using enum copg::detail::transaction_state;

namespace {

copg::detail::binding_wish const bound_wish{true, {}};
segment_plan const alone{step::statement};
segment_plan const limited{step::limit, step::statement};
segment_plan const bound{step::prelude, step::statement};

/// A binding in a raw transaction in which the prelude holds.
binding in_transaction() {
    binding b;
    b.tag_seen("BEGIN");
    b.prelude_succeeded({});
    b.segment_ended(open);
    return b;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_binding)

BOOST_AUTO_TEST_CASE(outside_a_transaction_every_statement_gets_the_prelude) {
    binding b;
    BOOST_TEST((b.plan(ordinary, bound_wish) == bound));
    b.prelude_succeeded({});
    b.tag_seen("SELECT 1");
    b.segment_ended(idle);
    BOOST_TEST((b.plan(ordinary, bound_wish) == bound));
}

BOOST_AUTO_TEST_CASE(a_raw_begin_comes_before_the_prelude) {
    BOOST_TEST((binding{}.plan(begin, bound_wish) == segment_plan{step::statement, step::prelude}));
}

BOOST_AUTO_TEST_CASE(inside_a_transaction_the_prelude_is_not_sent_again) {
    auto const b = in_transaction();
    BOOST_TEST(b.in_force());
    BOOST_TEST((b.plan(ordinary, bound_wish) == alone));
    BOOST_TEST((b.plan(procedure, bound_wish) == alone));
}

BOOST_AUTO_TEST_CASE(in_a_failed_transaction_nothing_is_put_before_the_users_rollback) {
    auto b = in_transaction();
    b.segment_ended(failed);
    BOOST_TEST((b.plan(rollback, bound_wish) == alone));
    BOOST_TEST((b.plan(ordinary, bound_wish) == alone));
}

BOOST_AUTO_TEST_CASE(after_commit_and_chain_the_prelude_is_sent_again) {
    auto b = in_transaction();
    b.tag_seen("COMMIT");
    b.segment_ended(open);
    BOOST_TEST((b.plan(ordinary, bound_wish) == bound));
    b.prelude_succeeded({});
    b.segment_ended(open);
    BOOST_TEST((b.plan(ordinary, bound_wish) == alone));
}

BOOST_AUTO_TEST_CASE(after_rollback_to_the_prelude_is_sent_again) {
    auto b = in_transaction();
    b.tag_seen("ROLLBACK");
    b.segment_ended(open);
    BOOST_TEST((b.plan(ordinary, bound_wish) == bound));
}

BOOST_AUTO_TEST_CASE(no_prelude_is_put_before_savepoints_and_ends) {
    binding b;
    b.segment_ended(open);
    for (auto const kind : {begin, commit, rollback, transaction_point})
        BOOST_TEST((b.plan(kind, bound_wish) == alone));
}

BOOST_AUTO_TEST_CASE(a_procedure_runs_in_a_transaction_of_its_own) {
    BOOST_TEST((binding{}.plan(procedure, bound_wish) ==
                segment_plan{step::begin, step::prelude, step::statement, step::commit}));
}

BOOST_AUTO_TEST_CASE(a_scope_sends_begin_before_the_prelude) {
    BOOST_TEST((binding::plan_with_begin(bound_wish) ==
                segment_plan{step::begin, step::prelude, step::statement}));
    BOOST_TEST((binding::plan_with_begin({}) == segment_plan{step::begin, step::statement}));
}

BOOST_AUTO_TEST_CASE(a_time_limit_without_a_session_is_sent_by_itself) {
    copg::detail::binding_wish const timed{false, 5ms};
    BOOST_TEST((binding{}.plan(ordinary, timed) == limited));
    BOOST_TEST((binding{}.plan(begin, timed) == alone));
    BOOST_TEST((binding::plan_with_begin(timed) ==
                segment_plan{step::begin, step::limit, step::statement}));
}

BOOST_AUTO_TEST_CASE(inside_a_transaction_a_time_limit_is_sent_only_when_it_changes) {
    auto b = in_transaction();
    copg::detail::binding_wish const timed{true, 5ms};
    BOOST_TEST((b.plan(ordinary, timed) == limited));
    b.limit_succeeded(5ms);
    b.segment_ended(open);
    BOOST_TEST((b.plan(ordinary, timed) == alone));
    BOOST_TEST((b.plan(ordinary, bound_wish) == limited));
    b.tag_seen("ROLLBACK"); // to a savepoint: whether the limit still stands is not known
    b.segment_ended(open);
    BOOST_TEST((b.plan(ordinary, timed) == bound));
    BOOST_TEST(b.prelude_sets_limit(bound_wish));
    b.segment_ended(idle);
    BOOST_TEST(!b.prelude_sets_limit(bound_wish));
}

BOOST_AUTO_TEST_SUITE_END()
