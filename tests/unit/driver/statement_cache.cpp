// SPDX-License-Identifier: BSL-1.0
#include "driver/statement_cache.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using copg::detail::cached_statement;
using copg::detail::statement_cache;
using enum statement_cache::naming;

namespace {

constexpr std::size_t roomy = 1 << 20;

/// Uses a statement as a segment does: prepares it if need be, and hears that this worked.
cached_statement* run(statement_cache& cache, std::string_view sql, std::size_t binding = 0) {
    cache.trim();
    auto* const cached = cache.use({sql, {}, binding});
    if (cached != nullptr && !cache.stands(*cached)) {
        cache.prepare(*cached);
        cache.prepared(*cached);
    }
    return cached;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_statement_cache)

BOOST_AUTO_TEST_CASE(the_second_use_names_a_statement) {
    statement_cache cache{roomy};
    BOOST_TEST(run(cache, "select 1") == nullptr);
    auto* const cached = run(cache, "select 1");
    BOOST_TEST_REQUIRE(cached != nullptr);
    BOOST_TEST(cache.stands(*cached));
    BOOST_TEST(run(cache, "select 1") == cached);
}

BOOST_AUTO_TEST_CASE(text_types_and_binding_tell_statements_apart) {
    statement_cache cache{roomy};
    std::array<unsigned, 1> const int4{23};
    std::array<unsigned, 1> const int8{20};
    auto* const a = cache.use({"select $1", int4, 1}, at_once);
    auto* const b = cache.use({"select $1", int8, 1}, at_once);
    auto* const c = cache.use({"select $1", int4, 2}, at_once);
    auto* const d = cache.use({"select $1 ", int4, 1}, at_once);
    BOOST_TEST((a != b && a != c && a != d && b != c));
    BOOST_TEST(cache.use({"select $1", int4, 1}, at_once) == a);
}

BOOST_AUTO_TEST_CASE(
    what_was_prepared_under_other_settings_is_another_statement_and_can_be_dropped) {
    statement_cache cache{roomy};
    auto* const plain = cache.use({"select 1", {}, 0, 0}, at_once);
    cache.prepare(*plain);
    cache.prepared(*plain);
    auto* const altered = cache.use({"select 1", {}, 0, 7}, at_once);
    BOOST_TEST(altered != plain);
    cache.prepare(*altered);
    cache.prepared(*altered);
    auto const name = altered->name;
    cache.drop_altered();
    BOOST_TEST(cache.size() == 1u);
    BOOST_TEST(cache.use({"select 1", {}, 0, 0}) == plain);
    BOOST_TEST_REQUIRE(cache.dropped().size() == 1u);
    BOOST_TEST(cache.dropped()[0] == name);
    cache.drop_altered();
    BOOST_TEST(cache.dropped().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_reset_has_dropped_is_named_again_at_its_second_use_behind_it) {
    statement_cache cache{roomy};
    cache.use({"select 1", {}, 0}, at_once);
    BOOST_TEST(run(cache, "select 1") != nullptr);
    for (int resets = 0; resets < 2; ++resets) {
        cache.forget_all();
        BOOST_TEST(cache.use({"select 1", {}, 0}, at_once) == nullptr);
        auto* const again = run(cache, "select 1");
        BOOST_TEST_REQUIRE(again != nullptr);
        BOOST_TEST(cache.is_prepared(*again));
    }
}

BOOST_AUTO_TEST_CASE(a_budget_of_nothing_names_nothing) {
    statement_cache cache{0};
    BOOST_TEST(run(cache, "select 1") == nullptr);
    BOOST_TEST(run(cache, "select 1") == nullptr);
    BOOST_TEST(cache.use({"select 1", {}, 0}, at_once) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_goes_first_and_its_name_is_told) {
    statement_cache cache{2 * statement_cache::cost("select 1")};
    auto const* const first = cache.use({"select 1", {}, 0}, at_once);
    run(cache, "select 1");
    auto const first_name = first->name;
    cache.use({"select 2", {}, 0}, at_once);
    run(cache, "select 2");
    auto const second_name = cache.use({"select 2", {}, 0})->name;
    run(cache, "select 1"); // the first is now the fresher one
    cache.use({"select 3", {}, 0}, at_once);
    BOOST_TEST(cache.dropped().empty()); // what a segment under way points to stays
    cache.trim();
    BOOST_TEST((cache.dropped() == std::vector{second_name}));
    BOOST_TEST(cache.size() == 2u);
    BOOST_TEST(cache.bytes() <= 2 * statement_cache::cost("select 1"));
    BOOST_TEST(run(cache, "select 1")->name == first_name);
}

BOOST_AUTO_TEST_CASE(a_lost_statement_is_prepared_under_a_new_name) {
    statement_cache cache{roomy};
    run(cache, "select 1");
    auto* const cached = run(cache, "select 1");
    auto const before = cached->name;
    cache.lost(*cached);
    BOOST_TEST(!cache.stands(*cached));
    BOOST_TEST(run(cache, "select 1")->name != before);
    BOOST_TEST(cache.dropped().empty());
}

BOOST_AUTO_TEST_CASE(an_outdated_statement_is_let_go_of_on_the_server) {
    statement_cache cache{roomy};
    run(cache, "select 1");
    auto* const cached = run(cache, "select 1");
    auto const before = cached->name;
    cache.outdated(*cached);
    BOOST_TEST((cache.dropped() == std::vector{before}));
    BOOST_TEST(!cache.stands(*cached));
}

BOOST_AUTO_TEST_CASE(after_forget_all_nothing_stands_and_nothing_is_left_to_drop) {
    statement_cache cache{roomy};
    run(cache, "select 1");
    auto* const cached = run(cache, "select 1");
    cache.outdated(*run(cache, "select 1"));
    cache.forget_all();
    BOOST_TEST(!cache.stands(*cached));
    BOOST_TEST(cache.dropped().empty());
}

BOOST_AUTO_TEST_CASE(what_is_being_prepared_counts_as_standing_for_the_rest_of_the_batch) {
    statement_cache cache{roomy};
    auto* const cached = cache.use({"select 1", {}, 0}, at_once);
    cache.prepare(*cached);
    BOOST_TEST(cache.stands(*cached));
    cache.lost(*cached); // its Prepare failed
    BOOST_TEST(!cache.stands(*cached));
}

BOOST_AUTO_TEST_CASE(names_of_two_connections_differ) {
    statement_cache one{roomy};
    statement_cache other{roomy};
    auto* const a = one.use({"select 1", {}, 0}, at_once);
    auto* const b = other.use({"select 1", {}, 0}, at_once);
    one.prepare(*a);
    other.prepare(*b);
    BOOST_TEST(a->name != b->name);
}

BOOST_AUTO_TEST_SUITE_END()
