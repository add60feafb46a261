// SPDX-License-Identifier: BSL-1.0
#include "manager/registry.hpp"

#include <copg/base/error.hpp>

#include <fmt/format.h>

namespace copg::detail {
namespace {

registry_shard::key key_of(std::string_view id) noexcept {
    return {id, std::hash<std::string_view>{}(id)};
}

} // namespace

registry::registry(scope_key::kind what) : what_{what} {
    for (auto& shard : shards_)
        shard = std::make_unique<registry_shard>(warm);
}

void registry::set(registration::pointer const& entry) {
    auto const key = key_of(entry->id());
    shard_of(key.hash).set(entry, key.hash);
}

bool registry::exchange(registration const& expected, registration::pointer const& entry) {
    auto const key = key_of(expected.id());
    return shard_of(key.hash).exchange(key, &expected, entry);
}

registration::pointer registry::remove(std::string_view id) {
    auto const key = key_of(id);
    return shard_of(key.hash).remove(key);
}

bool registry::has(std::string_view id) const {
    return find(id) != nullptr;
}

registration::pointer registry::find(std::string_view id) const {
    auto const key = key_of(id);
    return shard_of(key.hash).find(key);
}

std::optional<database> registry::open(std::string_view id) const {
    auto const key = key_of(id);
    auto& shard = shard_of(key.hash);
    if (auto kept = shard.warm(key))
        return kept;
    auto const entry = shard.find(key);
    if (entry == nullptr)
        return std::nullopt;
    auto opened = entry->open(what_);
    shard.keep_warm(key, entry.get(), opened);
    return opened;
}

void registry::throw_not_found(std::string_view id) const {
    if (what_ == scope_key::kind::tenant)
        throw error{errc::tenant_not_found, fmt::format("tenant pool not found: {}", id)};
    throw error{errc::name_not_found, fmt::format("named pool not found: {}", id)};
}

std::size_t registry::size() const {
    std::size_t sum = 0;
    for (auto const& shard : shards_)
        sum += shard->size();
    return sum;
}

std::vector<registration::pointer> registry::all() const {
    std::vector<registration::pointer> found;
    for (auto const& shard : shards_)
        shard->copy_to(found);
    return found;
}

std::vector<std::string> registry::ids() const {
    std::vector<std::string> found;
    for (auto const& entry : all())
        found.emplace_back(entry->id());
    return found;
}

void registry::close() {
    for (auto const& shard : shards_)
        shard->close();
}

registry_shard& registry::shard_of(std::size_t hash) const noexcept {
    return *shards_[(hash >> 48) % shards]; // the tables use the lower bits
}

} // namespace copg::detail
