// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/registration.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

namespace copg::detail {

/// A part of a registry. Two locks: one is held by whoever changes it, for as long as that takes;
/// the other only while entries are read or put in their place, so that lookups do not wait for a
/// table that grows.
///
/// The handles of those that were asked for lately are kept: `warm` of them, the longest kept goes
/// first.
class registry_shard {
public:
    struct key {
        std::string_view id;
        std::size_t hash;
    };

    explicit registry_shard(std::size_t warm) : most_warm_{warm} {}
    registry_shard(registry_shard const&) = delete;
    registry_shard& operator=(registry_shard const&) = delete;
    ~registry_shard();

    /// Adds or replaces, unless one that says the same is there.
    void set(registration::pointer const& entry, std::size_t hash);
    /// Replaces, or removes with a null entry, if `expected` is there still. @return whether it was
    bool
    exchange(key const& which, registration const* expected, registration::pointer const& entry);
    registration::pointer remove(key const& which);
    registration::pointer find(key const& which) const;

    /// The handle that is kept, if one is.
    std::optional<database> warm(key const& which) const;
    /// Keeps a handle, if the registration is there still and nobody changes anything now.
    void keep_warm(key const& which, registration const* entry, database const& handle);

    std::size_t size() const;
    void copy_to(std::vector<registration::pointer>& all) const;
    /// Forgets all, and takes nothing any more.
    void close();

private:
    struct hasher {
        using is_transparent = void;
        std::size_t operator()(key const& k) const noexcept { return k.hash; }
        std::size_t operator()(registration const* entry) const noexcept {
            return std::hash<std::string_view>{}(entry->id());
        }
    };
    struct equal {
        using is_transparent = void;
        static std::string_view id(key const& k) noexcept { return k.id; }
        static std::string_view id(registration const* entry) noexcept { return entry->id(); }
        template <class A, class B>
        bool operator()(A const& a, B const& b) const noexcept {
            return id(a) == id(b);
        }
    };
    using table = boost::unordered_flat_set<registration*, hasher, equal>;

    void grow();
    registration::pointer replace(table::iterator known,
                                  registration::pointer const& entry,
                                  std::unique_ptr<database const>& handle);
    void forget_warm(registration& entry) noexcept;

    std::size_t const most_warm_;
    std::mutex changing_;
    bool closed_ = false;             // guarded by changing_
    mutable std::shared_mutex mutex_; // guards all below; taken after changing_
    table table_;                     // each counts as a reference
    std::vector<registration*> warm_; // those with a handle
    std::size_t oldest_ = 0;          // in warm_, once that is full
};

} // namespace copg::detail
