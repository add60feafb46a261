// SPDX-License-Identifier: BSL-1.0
#include "manager/pool_directory.hpp"

#include "manager/option_names.hpp"
#include "pool/pool_impl.hpp"

#include <copg/pool/connection_budget.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg::detail {
namespace {

std::shared_ptr<connection_budget> budget_of(manager_options const& options) {
    if (options.maximum_connections == 0)
        return nullptr;
    return std::make_shared<connection_budget>(options.maximum_connections);
}

error manager_closed() {
    return {errc::manager_closed, "the manager has been shut down"};
}

} // namespace

pool_directory::pool_directory(asio::any_io_executor executor, manager_options const& options)
    : executor_{std::move(executor)},
      factory_{options.factory},
      budget_{budget_of(options)},
      health_{options.health.checked()},
      retains_{options.retain_unreferenced_pools} {}

bool pool_directory::entry::of_use() const noexcept {
    return !physical.expired() ||
           !std::ranges::all_of(pools, [](auto const& old) { return old.expired(); });
}

std::shared_ptr<physical_pool>
pool_directory::at(dsn const& target, pool_options const& options, bool shared) {
    auto key = target.canonical_key();
    std::shared_ptr<physical_pool> known;
    {
        std::lock_guard const lock{mutex_};
        if (!shared)
            key += fmt::format("\n{}", ++last_unshared_); // no other key holds a line feed
        if (entries_.size() >= sweep_at_) {
            std::erase_if(entries_, [](auto const& each) { return !each.second.of_use(); });
            sweep_at_ = std::max<std::size_t>(64, 2 * entries_.size());
        }
        auto& found = entries_[key];
        known = found.physical.lock();
        if (known == nullptr) {
            auto fresh = std::make_shared<physical_pool>(
                shared_from_this(), key, connect_options{target}, options);
            found.physical = fresh;
            return fresh;
        }
    }
    known->note_ignored(differing_options(known->options(), options));
    return known;
}

pool pool_directory::make(physical_pool& wanted) {
    std::shared_ptr<pool_owner> kept;
    {
        std::lock_guard const lock{mutex_};
        if (closed_)
            throw manager_closed();
        kept = entries_[wanted.key()].owner.lock();
    }
    pool_request request{executor_, wanted.target(), wanted.options()};
    request.options.verify_first = true;
    if (request.options.budget == nullptr)
        request.options.budget = budget_;
    if (kept != nullptr && !kept->impl()->is_closed()) {
        pool found{std::move(kept)};
        if (!factory_)
            wanted.note_ignored(differing_options(found.options(), request.options));
        return found;
    }
    auto made =
        factory_ ? factory_(request) : pool{request.executor, request.target, request.options};
    std::unique_lock lock{mutex_};
    if (!closed_) {
        auto& known = entries_[wanted.key()];
        std::erase_if(known.pools, [](auto const& old) { return old.expired(); });
        known.owner = made.owner();
        known.pools.push_back(made.owner()->impl());
        if (retains_ && wanted.key().find('\n') == std::string::npos) // else nobody finds it again
            retained_.push_back(wanted.shared_from_this());
        return made;
    }
    lock.unlock();
    made.close();
    throw manager_closed();
}

void pool_directory::forget(std::string const& key) noexcept {
    std::lock_guard const lock{mutex_};
    auto const found = entries_.find(key);
    if (found != entries_.end() && !found->second.of_use())
        entries_.erase(found);
}

std::vector<pool_directory::known_pool> pool_directory::all() const {
    std::vector<known_pool> found;
    std::lock_guard const lock{mutex_};
    found.reserve(entries_.size());
    for (auto const& [key, each] : entries_) {
        known_pool known{each.physical.lock(), std::nullopt};
        if (auto owner = each.owner.lock())
            known.made.emplace(std::move(owner));
        if (known.physical != nullptr || known.made)
            found.push_back(std::move(known));
    }
    return found;
}

std::vector<std::shared_ptr<pool_impl>> pool_directory::close() noexcept {
    std::vector<std::shared_ptr<pool_impl>> made;
    std::lock_guard const lock{mutex_};
    closed_ = true;
    for (auto const& [key, known] : entries_)
        for (auto const& weak : known.pools)
            if (auto impl = weak.lock())
                made.push_back(std::move(impl));
    return made;
}

void pool_directory::release() noexcept {
    std::vector<std::shared_ptr<physical_pool>> gone; // closes pools when the mutex is free
    std::lock_guard const lock{mutex_};
    retains_ = false;
    gone.swap(retained_);
}

} // namespace copg::detail
