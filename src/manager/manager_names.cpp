// SPDX-License-Identifier: BSL-1.0
// What a manager says of its names, and does with all of them.
#include "base/exception_text.hpp"
#include "manager/in_parallel.hpp"
#include "manager/manager_impl.hpp"
#include "pool/pool_impl.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/manager.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg {
namespace {

using entry = detail::registration::pointer;

named_connection shown(entry const& known) {
    return named_connection{
        std::shared_ptr<detail::registration const>{known.get(), [known](auto const*) {}}};
}

std::vector<entry> sorted(detail::registry const& names) {
    auto all = names.all();
    std::ranges::sort(all, {}, [](entry const& each) { return each->id(); });
    return all;
}

bool has_tags(named_connection const& connection,
              std::map<std::string, std::string> const& wanted) {
    auto const& tags = connection.tags();
    return std::ranges::all_of(wanted, [&tags](auto const& tag) {
        auto const found = tags.find(tag.first);
        return found != tags.end() && found->second == tag.second;
    });
}

/// @param opened  set before the first await if the pool has no connection
asio::awaitable<void> connect_one(entry wanted, std::shared_ptr<std::vector<pool>> opened) {
    auto const handle = wanted->open(scope_key::kind::named);
    if (!handle.pool().owner()->impl()->connected())
        opened->push_back(handle.pool());
    co_await detail::verify_pool(handle.pool());
}

[[noreturn]] void throw_all(std::vector<connect_result> const& failed) {
    std::string text;
    for (auto const& result : failed) {
        text += fmt::format(
            "{}\"{}\": {}", text.empty() ? "" : "; ", result.name, detail::text_of(result.failure));
    }
    auto code = make_error_code(errc::connect_failed);
    try {
        std::rethrow_exception(failed.front().failure);
    } catch (std::system_error const& e) {
        code = e.code();
    } catch (...) { // NOLINT(bugprone-empty-catch): the text says it
    }
    throw error{code, "not every connection could be made: " + text};
}

asio::awaitable<std::vector<connect_result>>
connect_everything(std::shared_ptr<detail::manager_impl> manager, connect_mode mode) {
    auto const names = sorted(manager->names);
    auto const opened = std::make_shared<std::vector<pool>>();
    std::vector<asio::awaitable<void>> connecting;
    std::vector<connect_result> results;
    for (auto const& name : names) {
        connecting.push_back(connect_one(name, opened));
        results.push_back({std::string{name->id()}, nullptr});
    }
    auto failures = co_await detail::in_parallel(
        manager->executor, std::move(connecting), detail::cancelling::passed_on);
    std::vector<connect_result> failed;
    for (std::size_t i = 0; i < failures.size(); ++i) {
        results[i].failure = failures[i];
        if (failures[i] && names[i]->type() == database_type::postgres)
            failed.push_back(results[i]);
    }
    auto const state = co_await asio::this_coro::cancellation_state;
    auto const cancelled = state.cancelled() != asio::cancellation_type::none;
    if ((cancelled || !failed.empty()) && mode == connect_mode::all_or_nothing)
        for (auto const& pool : *opened)
            pool.refresh();
    if (cancelled)
        throw boost::system::system_error{asio::error::operation_aborted};
    if (!failed.empty() && mode == connect_mode::all_or_nothing)
        throw_all(failed);
    co_return results;
}

} // namespace

named_connection manager::get(std::string_view name) const {
    return shown(impl_->get(scope_key::kind::named, name));
}

std::vector<named_connection> manager::all() const {
    std::vector<named_connection> found;
    for (auto const& each : sorted(impl_->names))
        found.push_back(shown(each));
    return found;
}

std::vector<named_connection> manager::find(std::map<std::string, std::string> const& tags) const {
    auto found = all();
    std::erase_if(found, [&tags](auto const& each) { return !has_tags(each, tags); });
    return found;
}

void manager::set_default(std::string_view name) {
    impl_->get(scope_key::kind::named, name); // throws when there is none
    std::lock_guard const lock{impl_->mutex};
    impl_->default_name = name;
}

named_connection manager::default_connection() const {
    impl_->require_open();
    std::optional<std::string> name;
    {
        std::lock_guard const lock{impl_->mutex};
        name = impl_->default_name;
    }
    if (!name)
        throw error{errc::no_default_connection, "no default connection has been set"};
    return get(*name);
}

asio::awaitable<std::vector<connect_result>> manager::connect_all(connect_mode mode) const {
    impl_->require_open();
    return connect_everything(impl_, mode);
}

} // namespace copg
