// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/registry_shard.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace copg::detail {

/// Registrations by tenant id or by name, in parts that do not wait for each other. Thread-safe.
class registry {
public:
    explicit registry(scope_key::kind what);

    /// Adds or replaces, unless one that says the same is there.
    void set(registration::pointer const& entry);
    /// Replaces, or removes with a null entry, if `expected` is there still. @return whether it was
    bool exchange(registration const& expected, registration::pointer const& entry);
    /// @return what was there, or null
    registration::pointer remove(std::string_view id);
    bool has(std::string_view id) const;
    /// Null when there is none.
    registration::pointer find(std::string_view id) const;

    /// A handle, or nothing. @throws what registration::open throws
    std::optional<database> open(std::string_view id) const;
    /// @throws error errc::tenant_not_found, errc::name_not_found
    [[noreturn]] void throw_not_found(std::string_view id) const;

    std::size_t size() const;
    std::vector<registration::pointer> all() const;
    std::vector<std::string> ids() const;
    /// Forgets all, and takes nothing any more.
    void close();

private:
    static constexpr std::size_t shards = 64;
    static constexpr std::size_t warm = 1024; // handles kept in each

    registry_shard& shard_of(std::size_t hash) const noexcept;

    scope_key::kind const what_;
    std::array<std::unique_ptr<registry_shard>, shards> shards_;
};

} // namespace copg::detail
