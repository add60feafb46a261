// SPDX-License-Identifier: BSL-1.0
// Tenants come, move and go.
#include "manager/manager_impl.hpp"
#include "pool/pool_impl.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/manager.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using entry = detail::registration::pointer;
using shared_manager = std::shared_ptr<detail::manager_impl>;
using kind = scope_key::kind;

/// Connects, and uses what the registration leads to.
asio::awaitable<void> try_out(kind what, entry wanted, tenant_setup set_up) {
    auto const handle = wanted->open(what);
    co_await detail::verify_pool(handle.pool());
    if (set_up) {
        auto held = co_await handle.pool().acquire();
        auto preparing = set_up(held);
        co_await std::move(preparing);
    }
    // Not over the handle: the caller can be in a scope of its name.
    auto const probe = co_await handle.pool().acquire(handle.session());
    co_await probe.ping();
}

asio::awaitable<void>
onboard(shared_manager manager, kind what, entry wanted, tenant_setup set_up) {
    auto trying = try_out(what, wanted, std::move(set_up));
    co_await std::move(trying);
    manager->add(what, wanted);
}

std::vector<lease_info> leases_of(pool const& from, std::string const& session) {
    auto held = from.leases();
    std::erase_if(held, [&session](lease_info const& each) { return each.session != session; });
    return held;
}

/// Looks until the leases are back: rarely done, and nobody else pays for it.
asio::awaitable<departure_report> wait_for_leases(entry gone, milliseconds grace) {
    departure_report report;
    report.was_there = true;
    auto const from = gone->leads_to() ? gone->leads_to()->leads_to->made() : std::nullopt;
    if (!from)
        co_return report;
    auto const session = gone->make_session(kind::tenant).describe();
    auto const executor = co_await asio::this_coro::executor;
    auto const end = steady_clock::now() + detail::bounded(grace);
    asio::steady_timer timer{executor};
    milliseconds pause{1};
    while (true) {
        report.in_use = leases_of(*from, session);
        auto const now = steady_clock::now();
        if (report.in_use.empty() || now >= end)
            co_return report;
        timer.expires_at(std::min<steady_clock::time_point>(now + pause, end));
        co_await timer.async_wait(asio::use_awaitable);
        pause = std::min(2 * pause, milliseconds{100});
    }
}

asio::awaitable<departure_report>
offboard(shared_manager manager, std::string id, milliseconds grace) {
    auto const gone = manager->tenants.remove(id);
    departure_report nothing;
    if (gone == nullptr)
        co_return nothing;
    auto report = co_await wait_for_leases(gone, grace);
    co_return report;
}

bool same_place(detail::registration const& a, detail::registration const& b) {
    return a.leads_to() != nullptr && b.leads_to() != nullptr &&
           a.leads_to()->leads_to == b.leads_to()->leads_to &&
           a.make_session(kind::tenant) == b.make_session(kind::tenant);
}

asio::awaitable<departure_report>
migrate(shared_manager manager, std::string id, entry wanted, milliseconds grace) {
    auto trying = try_out(kind::tenant, wanted, {});
    co_await std::move(trying);
    auto former = manager->get(kind::tenant, id);
    while (!manager->tenants.exchange(*former, wanted))
        former = manager->get(kind::tenant, id);
    departure_report unmoved;
    unmoved.was_there = true;
    if (same_place(*former, *wanted))
        co_return unmoved;
    auto report = co_await wait_for_leases(former, grace);
    co_return report;
}

} // namespace

asio::awaitable<void>
manager::onboard_tenant(std::string_view id, target_ref where, tenant_setup set_up) {
    return onboard(
        impl_, kind::tenant, impl_->register_target(kind::tenant, id, *where), std::move(set_up));
}

asio::awaitable<void> manager::onboard_named(std::string_view name, target_ref where) {
    return onboard(impl_, kind::named, impl_->register_target(kind::named, name, *where), {});
}

asio::awaitable<departure_report> manager::offboard_tenant(std::string_view id,
                                                           milliseconds grace) {
    impl_->require_open();
    return offboard(impl_, std::string{id}, grace);
}

asio::awaitable<departure_report>
manager::migrate_tenant(std::string_view id, target_ref where, milliseconds grace) {
    impl_->get(kind::tenant, id); // throws when there is none
    return migrate(impl_, std::string{id}, impl_->register_target(kind::tenant, id, *where), grace);
}

} // namespace copg
