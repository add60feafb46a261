// SPDX-License-Identifier: BSL-1.0
#include "manager/registry.hpp"

#include <copg/manager/manager_options.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <random>
#include <set>
#include <thread>

using namespace copg::detail;
using kind = copg::scope_key::kind;

namespace {

/// Routes to a pool that is never connected.
class routes {
public:
    routes() {
        copg::pool const made{loop_.get_executor(), copg::connect_options{"host=192.0.2.1 user=u"}};
        one_ = route_to(made);
        other_ = route_to(made);
    }

    registration::pointer entry(std::string_view id, std::string_view schema = "s") const {
        return registration::make(id, one_, schema, {}, nullptr);
    }
    registration::pointer elsewhere(std::string_view id) const {
        return registration::make(id, other_, "s", {}, nullptr);
    }

private:
    static std::shared_ptr<route const> route_to(copg::pool const& made) {
        return std::make_shared<route const>(
            "",
            std::nullopt,
            made.options(),
            std::make_shared<physical_pool>(made, copg::manager_options{}.health));
    }

    boost::asio::io_context loop_;
    std::shared_ptr<route const> one_;
    std::shared_ptr<route const> other_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_registry)

BOOST_AUTO_TEST_CASE(what_says_the_same_is_not_replaced) {
    routes const to;
    registry all{kind::tenant};
    auto const first = to.entry("a");
    all.set(first);
    all.set(to.entry("a"));
    BOOST_TEST((all.find("a") == first));
    auto const second = to.elsewhere("a");
    all.set(second);
    BOOST_TEST((all.find("a") == second));
    all.set(to.entry("a", "t"));
    BOOST_TEST(all.find("a")->schema() == "t");
    BOOST_TEST(all.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_exchange_happens_only_while_the_expected_one_is_there) {
    routes const to;
    registry all{kind::tenant};
    auto const first = to.entry("a");
    auto const second = to.entry("a", "t");
    BOOST_TEST(!all.exchange(*first, second));
    all.set(first);
    BOOST_TEST(all.exchange(*first, second));
    BOOST_TEST(!all.exchange(*first, nullptr));
    BOOST_TEST(all.exchange(*second, nullptr));
    BOOST_TEST(!all.has("a"));
}

BOOST_AUTO_TEST_CASE(a_handle_follows_what_is_registered) {
    routes const to;
    registry all{kind::tenant};
    for (int round = 0; round < 3; ++round) {
        all.set(to.entry("a", "one"));
        BOOST_TEST((all.open("a")->session() == copg::session{"one"}.with_tenant("a")));
        BOOST_TEST((all.open("a")->session() == copg::session{"one"}.with_tenant("a")));
        all.set(to.entry("a", "two"));
        BOOST_TEST((all.open("a")->session() == copg::session{"two"}.with_tenant("a")));
        all.remove("a");
        BOOST_TEST(!all.open("a"));
    }
}

BOOST_AUTO_TEST_CASE(more_handles_than_are_kept_are_each_right) {
    routes const to;
    registry_shard shard{3};
    std::vector<std::string> ids{"a", "b", "c", "d", "e", "f"};
    std::hash<std::string_view> const hash;
    for (auto const& id : ids)
        shard.set(to.entry(id, id), hash(id));
    std::minstd_rand random{7};
    for (int step = 0; step < 2'000; ++step) {
        auto const& id = ids[random() % ids.size()];
        registry_shard::key const key{id, hash(id)};
        if (random() % 5 == 0) {
            shard.remove(key);
            BOOST_TEST(!shard.warm(key));
            shard.set(to.entry(id, id), key.hash);
            continue;
        }
        auto const entry = shard.find(key);
        auto const kept = shard.warm(key);
        auto const handle = kept ? *kept : entry->open(kind::tenant);
        BOOST_TEST((handle.session() == copg::session{id}.with_tenant(id)));
        shard.keep_warm(key, entry.get(), handle);
    }
    std::size_t warm = 0;
    for (auto const& id : ids)
        warm += shard.warm({id, hash(id)}) ? 1 : 0;
    BOOST_TEST(warm <= 3u);
    BOOST_TEST(warm > 0u);
}

BOOST_AUTO_TEST_CASE(a_handle_is_not_kept_for_what_was_replaced_meanwhile) {
    routes const to;
    registry_shard shard{3};
    registry_shard::key const key{"a", std::hash<std::string_view>{}("a")};
    auto const old = to.entry("a", "old");
    shard.set(old, key.hash);
    auto const handle = old->open(kind::tenant);
    shard.set(to.entry("a", "new"), key.hash);
    shard.keep_warm(key, old.get(), handle);
    BOOST_TEST(!shard.warm(key));
}

BOOST_AUTO_TEST_CASE(ids_are_listed_once_each) {
    routes const to;
    registry all{kind::named};
    std::set<std::string> wanted;
    for (int i = 0; i < 10'000; ++i) {
        wanted.insert("tenant_" + std::to_string(i));
        all.set(to.entry("tenant_" + std::to_string(i)));
    }
    for (int i = 0; i < 10'000; i += 3) {
        wanted.erase("tenant_" + std::to_string(i));
        all.remove("tenant_" + std::to_string(i));
    }
    auto const ids = all.ids();
    BOOST_TEST(ids.size() == wanted.size());
    BOOST_TEST((std::set<std::string>(ids.begin(), ids.end()) == wanted));
    BOOST_TEST(all.size() == wanted.size());
    all.close();
    all.set(to.entry("late"));
    BOOST_TEST(all.size() == 0u);
}

BOOST_AUTO_TEST_CASE(lookups_go_on_while_others_change_the_same_ids) {
    routes const to;
    registry all{kind::tenant};
    all.set(to.entry("stays", "stays"));
    std::atomic<bool> stop = false;
    std::atomic<int> lookups = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> readers;
    for (int r = 0; r < 2; ++r)
        readers.emplace_back([&] {
            while (!stop) {
                wrong += all.open("stays")->session().fairness_key() == "stays" ? 0 : 1;
                auto const moving = all.find("moving");
                wrong += moving == nullptr || moving->schema().size() == 1 ? 0 : 1;
                auto const handle = all.open("moving");
                wrong += !handle || handle->session().fairness_key() == "moving" ? 0 : 1;
                ++lookups;
            }
        });
    int changes = 0;
    while (changes < 20'000 || lookups < 1'000) {
        auto const id = "t" + std::to_string(changes);
        all.set(to.entry(id));
        all.set(to.entry("moving", changes % 2 == 0 ? "x" : "y"));
        if (changes % 7 == 0)
            all.remove("moving");
        ++changes;
    }
    stop = true;
    readers.clear();
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
