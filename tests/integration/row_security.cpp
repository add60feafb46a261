// SPDX-License-Identifier: BSL-1.0
// Row security in common tables, as docs/guide/many-tenants.md sets it up: the programs' role owns
// the table and is held by its policy all the same.
#include "support/managers.hpp"
#include "support/pools.hpp"
#include "support/scopes.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/scope/transaction.hpp>

#include <boost/asio/co_spawn.hpp>

#include <tuple>

using namespace copg::test;
using copg::database;
using copg::errc;
using copg::sqlstate;
using copg::transaction;

namespace {

/// A table with rows of `acme`, `beta` and of the tenant without a name, and routes to it as a role
/// that is its owner, over few connections.
class guarded_fixture {
public:
    guarded_fixture() {
        scratch.execute(
            {"create table item (tenant text not null default "
             "nullif(current_setting('app.current_tenant', true), ''), note text not null)",
             "insert into item values ('acme', 'a'), ('beta', 'b'), ('', 'of nobody')",
             "do $$ begin create role item_owner login; "
             "exception when duplicate_object then null; end $$",
             "alter table item owner to item_owner",
             "alter table item enable row level security",
             "alter table item force row level security",
             "create policy own_rows on item "
             "using (tenant = nullif(current_setting('app.current_tenant', true), '')) "
             "with check (tenant = nullif(current_setting('app.current_tenant', true), ''))"});
    }

    std::string dsn() const {
        auto text = scratch.dsn();
        std::string const user = "user=postgres";
        text.replace(text.find(user), user.size(), "user=item_owner");
        return text;
    }

    asio::awaitable<copg::manager> connect(std::size_t connections) const {
        auto const options = at_most(connections);
        auto routes = co_await make_manager(options);
        for (auto const* id : {"acme", "beta", ""})
            routes.set_tenant(id, {.dsn = dsn()});
        routes.set_named("nobody", {.dsn = dsn()});
        co_return routes;
    }

    scratch_database scratch;
};

asio::awaitable<void> insert(database db, std::string note) {
    co_await db.execute("insert into item (note) values ($1)", note);
}

/// The rows that are seen are those of the tenant, and only those.
asio::awaitable<void> check_own(database db, std::string id) {
    auto const seen = co_await db.fetch<std::tuple<std::string, std::string>>(
        "select distinct tenant, current_setting('app.current_tenant') from item");
    BOOST_TEST_REQUIRE(seen.size() == 1u);
    BOOST_TEST(std::get<0>(seen[0]) == id);
    BOOST_TEST(std::get<1>(seen[0]) == id);
}

asio::awaitable<std::vector<std::string>> notes(database db) {
    auto found = co_await db.fetch<std::string>("select note from item order by note");
    co_return found;
}

/// What a connection without a session has: its number, and whose it is.
asio::awaitable<std::tuple<int, std::string>> carried(database plain) {
    auto found = co_await plain.fetch_one<std::tuple<int, std::string>>(
        "select pg_backend_pid(), coalesce(current_setting('app.current_tenant', true), '')");
    co_return found;
}

copg::transaction_options in_savepoint() {
    return copg::transaction_options{}.nesting(copg::nesting::savepoint);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_row_security)

COPG_COROUTINE_TEST(the_owner_of_the_table_is_held_by_its_policy) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    auto const may = co_await acme.fetch_one<std::tuple<std::string, bool, bool, bool>>(
        "select current_user::text, rolsuper, rolbypassrls, "
        "(select relowner = r.oid from pg_class where relname = 'item') "
        "from pg_roles r where rolname = current_user");
    BOOST_TEST((may == std::tuple{std::string{"item_owner"}, false, false, true}));
    co_await check_own(acme, "acme");
    co_await check_own(routes.tenant("beta"), "beta");
}

COPG_COROUTINE_TEST(a_scope_keeps_its_tenant_from_statement_to_statement) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    auto const body = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            co_await insert(acme, "row " + std::to_string(i));
            co_await check_own(acme, "acme");
        }
        auto const changed = co_await acme.execute("update item set note = note || '!'");
        BOOST_TEST(changed.rows_affected == 4u);
    };
    co_await transaction(acme, body);
    auto const untouched = f.scratch.text(
        "select string_agg(note, ',' order by note) from item where tenant = 'beta'");
    BOOST_TEST(untouched == "b");
}

COPG_COROUTINE_TEST(a_scope_keeps_its_tenant_when_savepoints_in_it_are_rolled_back) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    auto const thrown = [&]() -> asio::awaitable<void> {
        co_await insert(acme, "undone");
        co_await check_own(acme, "acme");
        throw oops{};
    };
    auto const failed = [&]() -> asio::awaitable<void> {
        co_await check_own(acme, "acme");
        co_await acme.execute("select 1 / 0 from item");
    };
    auto const body = [&]() -> asio::awaitable<void> {
        auto const first = co_await end_of(transaction(acme, failed, in_savepoint()));
        BOOST_TEST((first.code == sqlstate::division_by_zero), first.message);
        co_await check_own(acme, "acme");
        co_await insert(acme, "kept");
        auto const second = co_await end_of(transaction(acme, thrown, in_savepoint()));
        BOOST_TEST(static_cast<bool>(second.code));
        co_await check_own(acme, "acme");
        co_await acme.execute("savepoint mine");
        co_await end_of(acme.execute("select 1 / 0"));
        co_await acme.execute("rollback to savepoint mine");
        co_await check_own(acme, "acme");
    };
    co_await transaction(acme, body);
    auto const left = co_await notes(acme);
    BOOST_TEST(left == (std::vector<std::string>{"a", "kept"}), boost::test_tools::per_element());
}

// The first statement of the scope stands behind the savepoint: what is rolled back must not take
// the tenant with it.
COPG_COROUTINE_TEST(a_savepoint_around_the_first_statement_does_not_take_the_tenant_back) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    auto const first = [&]() -> asio::awaitable<void> {
        co_await insert(acme, "undone");
        throw oops{};
    };
    auto const body = [&]() -> asio::awaitable<void> {
        co_await end_of(transaction(acme, first, in_savepoint()));
        co_await check_own(acme, "acme");
        co_await insert(acme, "kept");
    };
    co_await transaction(acme, body);
    co_await check_own(acme, "acme");
}

COPG_COROUTINE_TEST(streams_batches_scripts_and_copies_see_the_tenants_rows_only) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    auto const use = [&]() -> asio::awaitable<void> {
        co_await insert(acme, "row");
        std::vector<std::string> streamed;
        co_await acme.for_each<std::string>(
            [&](std::string tenant) { streamed.push_back(std::move(tenant)); },
            "select distinct tenant from item");
        BOOST_TEST(streamed == std::vector<std::string>{"acme"}, boost::test_tools::per_element());
        copg::batch wanted;
        wanted.add("insert into item (note) values ('in a batch')")
            .add("select distinct tenant from item");
        auto const outcomes = co_await acme.pipeline(wanted);
        BOOST_TEST((outcomes[1].fetch<std::string>() == std::vector<std::string>{"acme"}));
        co_await acme.execute_script("insert into item (note) values ('in a script'); "
                                     "delete from item where note = 'row'");
        {
            auto out = co_await acme.copy_out<std::string>("select distinct tenant from item");
            auto const first = co_await out.next();
            auto const second = co_await out.next();
            BOOST_TEST((first == "acme"));
            BOOST_TEST(!second.has_value());
        }
        co_await check_own(acme, "acme");
    };
    co_await use(); // each statement alone
    co_await transaction(acme, use);
    auto const whole = f.scratch.text("select string_agg(tenant || ':' || note, ',' order by "
                                      "tenant, note) from item where tenant <> 'acme'");
    BOOST_TEST(whole == ":of nobody,beta:b");
}

// PostgreSQL does not check the rows of a COPY against a policy, and refuses the COPY.
COPG_COROUTINE_TEST(copy_into_a_table_with_row_security_is_refused_and_goes_by_another_table) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    auto const straight = [&]() -> asio::awaitable<void> {
        auto writer = co_await acme.copy_in<std::tuple<std::string>>("item", "note");
        co_await writer.write(std::tuple{std::string{"copied"}});
        co_await writer.finish();
    };
    auto const body = [&]() -> asio::awaitable<void> {
        auto const refused = co_await end_of(transaction(acme, straight, in_savepoint()));
        BOOST_TEST((refused.code == sqlstate::feature_not_supported), refused.message);
        co_await acme.execute("create temporary table incoming (note text) on commit drop");
        auto writer = co_await acme.copy_in<std::tuple<std::string>>("incoming", "note");
        co_await writer.write(std::tuple{std::string{"copied"}});
        co_await writer.finish();
        co_await acme.execute("insert into item (note) select note from incoming");
        co_await check_own(acme, "acme");
    };
    co_await transaction(acme, body);
    auto const left = co_await notes(acme);
    BOOST_TEST(left == (std::vector<std::string>{"a", "copied"}), boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_lease_keeps_the_tenant_lent_by_a_scope_or_by_itself) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    auto const distinct = "select distinct tenant from item";
    auto const body = [&]() -> asio::awaitable<void> {
        auto const lent = co_await acme.acquire();
        auto const first = co_await lent.fetch_one<std::string>(distinct);
        BOOST_TEST(first == "acme");
        auto undone = co_await lent.begin();
        co_await undone.execute("insert into item (note) values ('undone')");
        co_await undone.rollback();
        auto const second = co_await lent.fetch_one<std::string>(distinct);
        BOOST_TEST(second == "acme");
    };
    co_await transaction(acme, body);
    auto held = co_await acme.acquire();
    auto mine = co_await held.begin();
    auto const inside = co_await mine.fetch_one<std::string>(distinct);
    BOOST_TEST(inside == "acme");
    co_await mine.commit();
    auto const behind = co_await held.fetch_one<std::string>(distinct);
    BOOST_TEST(behind == "acme");
}

COPG_COROUTINE_TEST(a_row_of_another_tenant_is_neither_inserted_nor_made_nor_reached) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    for (auto const* text : {"insert into item values ('beta', 'forged')",
                             "insert into item values ('', 'forged')",
                             "update item set tenant = 'beta'"}) {
        auto const alone = co_await end_of(acme.execute(text));
        BOOST_TEST((alone.code == sqlstate::insufficient_privilege), alone.message);
        auto const body = [&]() -> asio::awaitable<void> { co_await acme.execute(text); };
        auto const in_scope = co_await end_of(transaction(acme, body));
        BOOST_TEST((in_scope.code == sqlstate::insufficient_privilege), in_scope.message);
    }
    auto const removed = co_await acme.execute("delete from item where tenant <> 'acme'");
    BOOST_TEST(removed.rows_affected == 0u);
    BOOST_TEST(f.scratch.text("select count(*)::text from item") == "3");
}

COPG_COROUTINE_TEST(without_a_tenant_and_with_an_empty_one_nothing_is_seen_or_inserted) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const nobody = routes.named("nobody");
    auto const setting = "select current_setting('app.current_tenant', true)";
    auto const before = co_await nobody.fetch_one<std::optional<std::string>>(setting);
    BOOST_TEST(!before.has_value(), "on a new connection the setting is NULL");
    for (auto again : {false, true}) {
        for (auto const& db : {nobody, routes.tenant("")}) {
            auto const seen = co_await notes(db);
            BOOST_TEST(seen.empty());
            for (auto const* tenant : {"acme", ""}) {
                auto const end =
                    co_await end_of(db.execute("insert into item values ($1, 'forged')", tenant));
                BOOST_TEST((end.code == sqlstate::insufficient_privilege), end.message);
            }
            auto const by_default = co_await end_of(insert(db, "forged"));
            BOOST_TEST(static_cast<bool>(by_default.code));
        }
        if (!again)
            co_await check_own(routes.tenant("acme"), "acme");
    }
    auto const after = co_await nobody.fetch_one<std::optional<std::string>>(setting);
    BOOST_TEST((after == ""), "on a used one it is an empty text");
    BOOST_TEST(f.scratch.text("select count(*)::text from item") == "3");
}

COPG_COROUTINE_TEST(outside_of_the_scope_the_tenant_is_still_the_tenant) {
    guarded_fixture f;
    auto const routes = co_await f.connect(2);
    auto const acme = routes.tenant("acme");
    auto const alone = [&]() -> asio::awaitable<void> {
        co_await check_own(acme, "acme");
        co_await insert(acme, "stands alone");
    };
    auto const body = [&]() -> asio::awaitable<void> {
        co_await insert(acme, "rolled back");
        co_await copg::without_transaction(alone);
        co_await check_own(acme, "acme");
        throw oops{};
    };
    co_await end_of(transaction(acme, body));
    auto const left = co_await notes(acme);
    BOOST_TEST(left == (std::vector<std::string>{"a", "stands alone"}),
               boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(however_a_scope_ends_its_connection_carries_no_tenant) {
    guarded_fixture f;
    auto const routes = co_await f.connect(1);
    auto const acme = routes.tenant("acme");
    auto const plain = routes.named("nobody");
    auto const [pid, at_first] = co_await carried(plain);
    BOOST_TEST(at_first == "");
    using ending_of_body = std::function<asio::awaitable<void>()>;
    std::vector<ending_of_body> const bodies{
        [&]() -> asio::awaitable<void> { co_await insert(acme, "committed"); },
        [&]() -> asio::awaitable<void> {
            co_await insert(acme, "rolled back");
            throw oops{};
        },
        [&]() -> asio::awaitable<void> { co_await acme.execute("select 1 / 0"); },
        [&]() -> asio::awaitable<void> { co_await end_of(acme.execute("select 1 / 0")); },
        [&]() -> asio::awaitable<void> {
            co_await acme.execute(copg::sql{"select pg_sleep(100)"}.timeout(20ms));
        },
        [&]() -> asio::awaitable<void> {
            auto rows = co_await acme.stream<int>("select generate_series(1, 10000)");
            co_await rows.next(); // and leaves the rest
        },
        [&]() -> asio::awaitable<void> { co_await acme.execute_script("rollback"); }};
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        co_await end_of(transaction(acme, bodies[i]));
        auto const [same, tenant] = co_await carried(plain);
        BOOST_TEST(same == pid, "another connection after body " << i);
        BOOST_TEST(tenant == "", "after body " << i);
        auto const seen = co_await notes(plain);
        BOOST_TEST(seen.empty(), "after body " << i);
    }
}

COPG_COROUTINE_TEST(interleaved_scopes_of_two_tenants_never_see_each_others_rows) {
    guarded_fixture f;
    auto const executor = co_await asio::this_coro::executor;
    constexpr int times = 12;
    for (std::size_t const connections : {1U, 2U}) {
        auto routes = co_await f.connect(connections);
        auto ended = 0;
        auto const body_of = [&](database db, std::string id, bool fails) -> asio::awaitable<void> {
            co_await insert(db, "new");
            co_await yield();
            co_await check_own(db, id);
            auto const part = [&]() -> asio::awaitable<void> {
                co_await insert(db, "undone");
                co_await yield();
                throw oops{};
            };
            co_await end_of(transaction(db, part, in_savepoint()));
            co_await check_own(db, id);
            if (fails)
                throw oops{};
        };
        auto const use = [&](std::string id, int number) -> asio::awaitable<void> {
            auto const db = routes.tenant(id);
            auto const fails = number % 3 == 0;
            auto const body = [&]() { return body_of(db, id, fails); };
            auto const end = co_await end_of(transaction(db, body));
            BOOST_TEST(static_cast<bool>(end.code) == fails, end.message);
            co_await check_own(db, id); // by itself, between the scopes of others
        };
        for (int i = 0; i < times; ++i) {
            for (std::string const id : {"acme", "beta"}) {
                asio::co_spawn(executor, use(id, i), [&ended](std::exception_ptr failure) {
                    BOOST_TEST((failure == nullptr));
                    ++ended;
                });
            }
        }
        co_await eventually([&] { return ended == 2 * times; });
        BOOST_TEST(routes.statistics().pools.size() == 1u);
        routes.close();
    }
    auto const kept = f.scratch.text("select string_agg(n::text, ',') from (select count(*) n from "
                                     "item where note = 'new' group by tenant) t");
    BOOST_TEST(kept == "16,16");
}

BOOST_AUTO_TEST_SUITE_END()
