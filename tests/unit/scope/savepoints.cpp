// SPDX-License-Identifier: BSL-1.0
#include "scope/savepoints.hpp"

#include <boost/test/unit_test.hpp>

using copg::detail::savepoints;
using texts = std::vector<std::string>;

namespace {

/// Sends all that is due.
texts send(savepoints& points) {
    auto sent = points.due();
    points.done(sent.size());
    return sent;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_savepoints)

BOOST_AUTO_TEST_CASE(nothing_is_sent_for_a_level_in_which_nothing_runs) {
    savepoints points;
    auto const level = points.enter();
    BOOST_TEST(points.has(level));
    points.release(level);
    BOOST_TEST(!points.has(level));
    BOOST_TEST(!points.has_due());
    auto const other = points.enter();
    BOOST_TEST(!points.undo(other).has_value());
    BOOST_TEST(!points.has_due());
}

BOOST_AUTO_TEST_CASE(a_savepoint_goes_with_the_first_statement_and_its_release_with_the_next) {
    savepoints points;
    auto const first = points.enter();
    BOOST_TEST(send(points) == texts{"savepoint copg_scope_1"}, boost::test_tools::per_element());
    BOOST_TEST(!points.has_due());
    points.release(first);
    points.enter();
    texts const wanted{"release savepoint copg_scope_1", "savepoint copg_scope_2"};
    BOOST_TEST(send(points) == wanted, boost::test_tools::per_element());
    BOOST_TEST(!points.has_due());
}

BOOST_AUTO_TEST_CASE(the_release_of_an_outer_level_releases_all_inside) {
    savepoints points;
    auto const outer = points.enter();
    auto const inner = points.enter();
    BOOST_TEST(send(points).size() == 2u);
    points.release(inner);
    points.release(outer);
    BOOST_TEST(send(points) == texts{"release savepoint copg_scope_1"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(undoing_an_outer_level_undoes_all_inside) {
    savepoints points;
    auto const outer = points.enter();
    send(points);
    auto const inner = points.enter();
    send(points);
    points.release(inner);
    auto const undone = points.undo(outer);
    BOOST_TEST((undone == "copg_scope_1"));
    BOOST_TEST(!points.has_due()); // the inner one is gone with it
    BOOST_TEST(!points.has(inner));
}

BOOST_AUTO_TEST_CASE(a_level_that_ends_before_those_inside_ends_them) {
    savepoints points;
    auto const outer = points.enter();
    auto const inner = points.enter();
    send(points);
    points.release(outer);
    BOOST_TEST(!points.has(inner));
    points.release(inner); // late
    BOOST_TEST(!points.undo(inner).has_value());
    BOOST_TEST(send(points) == texts{"release savepoint copg_scope_1"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_what_was_run_counts) {
    savepoints points;
    auto const first = points.enter();
    send(points);
    points.release(first);
    auto const second = points.enter();
    auto const third = points.enter();
    points.done(2); // the release and the second level's; then something failed
    BOOST_TEST(points.due() == texts{"savepoint copg_scope_3"}, boost::test_tools::per_element());
    BOOST_TEST(!points.undo(third).has_value());
    BOOST_TEST((points.undo(second) == "copg_scope_2"));
}

BOOST_AUTO_TEST_CASE(what_nobody_knows_of_may_have_been_made) {
    savepoints points;
    auto const level = points.enter();
    points.unknown();
    BOOST_TEST(!points.has_due());
    BOOST_TEST((points.undo(level) == "copg_scope_1"));
}

BOOST_AUTO_TEST_CASE(a_release_that_is_due_stays_so_when_a_level_without_savepoint_is_undone) {
    savepoints points;
    auto const first = points.enter();
    send(points);
    points.release(first);
    points.undo(points.enter());
    BOOST_TEST(points.due() == texts{"release savepoint copg_scope_1"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
