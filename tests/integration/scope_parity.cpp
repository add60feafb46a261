// SPDX-License-Identifier: BSL-1.0
// Every query function joins, whatever it is called on.
#include "support/query_parity.hpp"
#include "support/scopes.hpp"

using namespace copg::test;
using copg::nesting;
using copg::transaction;
using copg::transaction_options;
using copg::transaction_scope;

namespace {

/// Calls all of them on what `target_in` gives inside a scope that ends in both ways.
template <class Target, class TargetIn>
asio::awaitable<void> check(TargetIn target_in, transaction_options nested) {
    for (auto const commits : {false, true}) {
        scope_fixture f;
        make_effects(f.scratch);
        auto const made = co_await f.pool();
        copg::database const db{made};
        auto const level = [&](transaction_scope scope) -> asio::awaitable<void> {
            Target const target = co_await target_in(db, scope);
            co_await check_every_query_function(target);
            BOOST_TEST(kept_effects(f.scratch).empty());
            if (!commits)
                throw oops{};
        };
        auto const outer = [&]() -> asio::awaitable<void> {
            if (nested.nesting() == nesting::joined)
                co_await transaction(db, level);
            else
                co_await end_of(transaction(db, level, nested));
        };
        co_await end_of(transaction(db, outer));
        std::vector<std::string> const none;
        BOOST_TEST(kept_effects(f.scratch) == (commits ? all_effects<Target>() : none),
                   boost::test_tools::per_element());
    }
}

template <class Target, class TargetIn>
asio::awaitable<void> check_both(TargetIn target_in) {
    co_await check<Target>(target_in, {});
    co_await check<Target>(target_in, transaction_options{}.nesting(nesting::savepoint));
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_parity)

COPG_COROUTINE_TEST(database) {
    auto const same = [](copg::database db, transaction_scope) -> asio::awaitable<copg::database> {
        co_return db;
    };
    co_await check_both<copg::database>(same);
}

COPG_COROUTINE_TEST(scope_object) {
    auto const same = [](copg::database,
                         transaction_scope scope) -> asio::awaitable<transaction_scope> {
        co_return scope;
    };
    co_await check_both<transaction_scope>(same);
}

COPG_COROUTINE_TEST(lease) {
    auto const lent = [](copg::database db, transaction_scope) { return db.acquire(); };
    co_await check_both<copg::lease>(lent);
}

BOOST_AUTO_TEST_SUITE_END()
