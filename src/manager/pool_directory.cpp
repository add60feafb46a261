// SPDX-License-Identifier: BSL-1.0
#include "manager/pool_directory.hpp"

#include "manager/option_names.hpp"

#include <copg/pool/connection_budget.hpp>

#include <algorithm>

namespace copg::detail {
namespace {

std::shared_ptr<connection_budget> budget_of(manager_options const& options) {
    if (options.maximum_connections == 0)
        return nullptr;
    return std::make_shared<connection_budget>(options.maximum_connections);
}

error closed_error() {
    return {errc::manager_closed, "the manager has been shut down"};
}

} // namespace

pool_directory::pool_directory(asio::any_io_executor executor, manager_options const& options)
    : executor_{std::move(executor)},
      factory_{options.factory},
      budget_{budget_of(options)},
      retain_{options.retain_unreferenced_pools},
      health_{options.health.checked()} {}

std::shared_ptr<physical_pool> pool_directory::at(dsn const& target, pool_options const& options) {
    auto const key = target.canonical_key();
    auto const fresh =
        std::make_shared<physical_pool>(shared_from_this(), connect_options{target}, options);
    std::shared_ptr<physical_pool> known;
    {
        std::lock_guard const lock{mutex_};
        if (entries_.size() >= sweep_at_) {
            std::erase_if(entries_, [](auto const& e) {
                return e.second.physical.expired() && e.second.owner.expired();
            });
            sweep_at_ = std::max<std::size_t>(64, 2 * entries_.size());
        }
        auto& found = entries_[key];
        known = found.physical.lock();
        if (known == nullptr) {
            found.physical = fresh;
            if (retain_)
                retained_.push_back(fresh);
            return fresh;
        }
    }
    known->note_ignored(differing_options(known->options(), options));
    return known;
}

pool pool_directory::make(physical_pool const& wanted) {
    auto const key = wanted.target().target().canonical_key();
    {
        std::lock_guard const lock{mutex_};
        if (closed_)
            throw closed_error();
        if (auto owner = entries_[key].owner.lock())
            return pool{std::move(owner)};
    }
    pool_request request{executor_, wanted.target(), wanted.options()};
    request.options.verify_first = true;
    if (request.options.budget == nullptr)
        request.options.budget = budget_;
    auto made =
        factory_ ? factory_(request) : pool{request.executor, request.target, request.options};
    std::unique_lock lock{mutex_};
    if (!closed_) {
        entries_[key].owner = made.owner();
        return made;
    }
    lock.unlock();
    made.close();
    throw closed_error();
}

void pool_directory::forget(std::string const& key) noexcept {
    std::lock_guard const lock{mutex_};
    auto const found = entries_.find(key);
    if (found != entries_.end() && found->second.physical.expired() &&
        found->second.owner.expired())
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

std::vector<pool> pool_directory::close() noexcept {
    std::vector<pool> made;
    std::lock_guard const lock{mutex_};
    closed_ = true;
    for (auto const& [key, known] : entries_)
        if (auto owner = known.owner.lock())
            made.emplace_back(std::move(owner));
    return made;
}

void pool_directory::release() noexcept {
    std::vector<std::shared_ptr<physical_pool>> gone; // closes pools when the mutex is free
    std::lock_guard const lock{mutex_};
    gone.swap(retained_);
}

} // namespace copg::detail
