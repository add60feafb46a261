// SPDX-License-Identifier: BSL-1.0
#include "pool/connection_lender.hpp"
#include "support/transactions.hpp"

#include <optional>

using namespace copg::test;
using copg::errc;
using copg::lease;
using copg::session;

namespace {

/// Lends the connection of a lease, in a transaction that it begins with the first statement.
class scope_of_a_test : public copg::detail::connection_lender {
public:
    explicit scope_of_a_test(lease held) : held_{std::move(held)} {}

    asio::awaitable<copg::result> run(copg::statement wanted) override {
        co_await begin();
        auto rows = co_await held_.run(std::move(wanted));
        co_return rows;
    }
    asio::awaitable<copg::detail::bound_connection> bind() override {
        co_await begin();
        auto bound = co_await held_.bind();
        co_return bound;
    }
    std::shared_ptr<copg::detail::connection_impl> connection() const noexcept override {
        return connection_;
    }
    void discard() noexcept override { discarded = true; }

    asio::awaitable<void> end(char const* how) { co_await held_.execute(how); }

    bool discarded = false;

private:
    asio::awaitable<void> begin() {
        if (connection_ != nullptr)
            co_return;
        auto const bound = co_await held_.bind();
        connection_ = bound.connection;
        co_await held_.execute("begin");
    }

    lease held_;
    std::shared_ptr<copg::detail::connection_impl> connection_;
};

/// A pool of one connection whose connection a scope has.
class lent_fixture : public transaction_fixture {
public:
    asio::awaitable<void> enter() {
        auto made = co_await make_pool();
        shared.emplace(std::move(made));
        auto held = co_await shared->acquire(session{"public"});
        pid = held.backend_pid();
        scope = std::make_shared<scope_of_a_test>(std::move(held));
    }
    lease lend() const { return lease{scope, session{"public"}}; }

    std::optional<copg::pool> shared;
    std::shared_ptr<scope_of_a_test> scope;
    int pid = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_lent_lease)

COPG_COROUTINE_TEST(giving_back_a_lent_lease_leaves_the_connection_with_the_scope) {
    lent_fixture f;
    co_await f.enter();
    auto lent = f.lend();
    BOOST_TEST(static_cast<bool>(lent));
    BOOST_TEST((lent.slot() == nullptr));
    BOOST_TEST(lent.backend_pid() == 0, "nothing was sent yet");
    co_await add_effect(lent, "first");
    BOOST_TEST(lent.backend_pid() == f.pid);
    BOOST_TEST(!lent.parameter_status("server_version").empty());
    lent.release();
    BOOST_TEST(!lent);
    auto const end = co_await end_of(lent.ping());
    BOOST_TEST((end.code == errc::lease_released));
    BOOST_TEST(f.scope.use_count() == 1);
    BOOST_TEST(f.shared->statistics().in_use == 1u);
    {
        auto moved = f.lend();
        lent = std::move(moved);
        BOOST_TEST(!moved);
        co_await add_effect(lent, "second");
    }
    BOOST_TEST(f.kept().empty());
    co_await f.scope->end("commit");
    BOOST_TEST((f.kept() == names{"first", "second"}));
}

COPG_COROUTINE_TEST(discarding_a_lent_lease_tells_the_scope) {
    lent_fixture f;
    co_await f.enter();
    auto lent = f.lend();
    co_await lent.ping();
    lent.discard();
    BOOST_TEST(!lent);
    BOOST_TEST(f.scope->discarded);
}

COPG_COROUTINE_TEST(every_query_function_of_a_lent_lease_is_part_of_the_scope) {
    lent_fixture f;
    co_await f.enter();
    {
        auto const lent = f.lend();
        co_await check_every_query_function(lent);
        BOOST_TEST(f.kept().empty());
    }
    co_await f.scope->end("commit");
    BOOST_TEST(f.kept() == all_effects<lease>(), boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(what_a_lent_lease_begins_is_a_savepoint_of_the_scope) {
    lent_fixture f;
    co_await f.enter();
    {
        auto const lent = f.lend();
        auto undone = co_await lent.begin();
        co_await check_every_query_function(undone);
        co_await undone.rollback();
        auto kept = co_await lent.begin();
        co_await add_effect(kept, "kept");
        co_await kept.commit();
        auto const modes = copg::transaction_modes{}.read_only();
        auto const refused = co_await end_of(lent.begin(modes));
        BOOST_TEST((refused.code == errc::scope_conflict));
    }
    BOOST_TEST(f.kept().empty());
    co_await f.scope->end("commit");
    BOOST_TEST(f.kept() == names{"kept"}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(what_a_lent_lease_begins_and_leaves_is_undone_by_itself) {
    lent_fixture f;
    co_await f.enter();
    {
        auto const lent = f.lend();
        co_await add_effect(lent, "of the scope");
        auto const left = co_await lent.begin();
        co_await add_effect(left, "left");
    }
    co_await f.scope->end("commit");
    BOOST_TEST(f.kept() == names{"of the scope"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
