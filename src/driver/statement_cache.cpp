// SPDX-License-Identifier: BSL-1.0
#include "driver/statement_cache.hpp"

#include <boost/container_hash/hash.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace copg::detail {
namespace {

constexpr std::size_t sighting_places = 1'024;

// Names differ between connections: behind a pooler that hands server processes around, a name of
// another client's statement must not be taken for one's own.
std::string random_prefix() {
    std::random_device source;
    return fmt::format("copg_{:08x}_", source());
}

std::size_t hash_of(statement_cache::key const& wanted) noexcept {
    auto hash = boost::hash_range(wanted.types.begin(), wanted.types.end());
    boost::hash_combine(hash, std::hash<std::string_view>{}(wanted.sql));
    boost::hash_combine(hash, wanted.binding);
    boost::hash_combine(hash, wanted.meaning);
    return hash;
}

bool matches(cached_statement const& cached, statement_cache::key const& wanted) noexcept {
    return cached.binding == wanted.binding && cached.meaning == wanted.meaning &&
           cached.sql == wanted.sql &&
           std::equal(
               cached.types.begin(), cached.types.end(), wanted.types.begin(), wanted.types.end());
}

} // namespace

statement_cache::statement_cache(std::size_t budget)
    : budget_{budget},
      prefix_{budget == 0 ? std::string{} : random_prefix()},
      sightings_(budget == 0 ? 0 : sighting_places) {}

statement_cache::~statement_cache() {
    recent_.clear();
}

cached_statement* statement_cache::use(key const& wanted, naming when) {
    if (cost(wanted.sql) > budget_)
        return nullptr;
    auto const hash = hash_of(wanted);
    if (auto const found = by_hash_.find(hash); found != by_hash_.end()) {
        auto& cached = *found->second;
        if (!matches(cached, wanted))
            return nullptr;
        recent_.splice(recent_.begin(), recent_, recent_.iterator_to(cached));
        auto const is_first_use = std::exchange(cached.used_in, generation_) != generation_;
        return is_first_use && !stands(cached) ? nullptr : &cached;
    }
    if (when == naming::at_second_use && !seen_before(hash))
        return nullptr;
    return &insert(wanted, hash);
}

bool statement_cache::seen_before(std::size_t hash) noexcept {
    auto& place = sightings_[hash % sighting_places];
    if (place == hash)
        return true;
    place = hash;
    return false;
}

cached_statement& statement_cache::insert(key const& wanted, std::size_t hash) {
    auto made = std::make_unique<cached_statement>();
    auto& cached = *made;
    cached.sql = wanted.sql;
    cached.types.assign(wanted.types.begin(), wanted.types.end());
    cached.binding = wanted.binding;
    cached.meaning = wanted.meaning;
    cached.hash = hash;
    cached.used_in = generation_;
    by_hash_.emplace(hash, std::move(made));
    recent_.push_front(cached);
    bytes_ += cost(cached.sql);
    altered_ += cached.meaning != 0;
    return cached;
}

void statement_cache::prepare(cached_statement& statement) {
    statement.name = prefix_ + std::to_string(++last_name_);
    statement.preparing = true;
}

void statement_cache::prepared(cached_statement& statement) noexcept {
    statement.preparing = false;
    statement.prepared_in = generation_;
}

void statement_cache::lost(cached_statement& statement) noexcept {
    statement.preparing = false;
    statement.prepared_in = 0;
}

void statement_cache::outdated(cached_statement& statement) {
    if (statement.prepared_in == generation_)
        dropped_.push_back(statement.name);
    lost(statement);
}

void statement_cache::forget_all() noexcept {
    ++generation_;
    dropped_.clear();
}

void statement_cache::trim() {
    while (bytes_ > budget_)
        drop(recent_.back());
}

void statement_cache::drop_altered() {
    for (auto next = recent_.begin(); altered_ > 0 && next != recent_.end();) {
        auto& candidate = *next++;
        if (candidate.meaning != 0)
            drop(candidate);
    }
}

void statement_cache::drop(cached_statement& statement) {
    if (statement.prepared_in == generation_)
        dropped_.push_back(statement.name);
    bytes_ -= cost(statement.sql);
    altered_ -= statement.meaning != 0;
    recent_.erase(recent_.iterator_to(statement));
    by_hash_.erase(statement.hash);
}

} // namespace copg::detail
