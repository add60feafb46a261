// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/scope/database.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace copg {

namespace detail {
class identifier_entry;
}

/// The form in which identifiers are compared: without the white space around it, `http://` or
/// `https://` in front and slashes at the end; ASCII letters in lower case; the host `127.0.0.1` is
/// `localhost`; nothing at all is `default`. So `https://Shop.Example/` is `shop.example`.
COPG_API std::string normalize_identifier(std::string_view text);

/// A counted reference to a pool that was created under an identifier; see manager::create_pool.
/// The last reference releases the pool, which is closed unless tenants, names, other identifiers,
/// database handles or leases use it too.
///
/// Thread safety: distinct objects are safe.
class COPG_API pool_handle {
public:
    /// A closed one.
    pool_handle() noexcept;
    pool_handle(pool_handle&&) noexcept;
    pool_handle& operator=(pool_handle&&) noexcept;
    ~pool_handle();

    /// As it was normalized; empty when closed.
    std::string_view identifier() const noexcept;

    /// What runs statements. Keeps the pool, but does not count as a reference.
    /// @throws error errc::pool_closed
    database const& db() const;

    /// A further reference, for another part of the program to close. @throws errc::pool_closed
    pool_handle fork() const;

    /// Gives the reference up; does nothing the second time.
    void close() noexcept;
    bool closed() const noexcept { return entry_ == nullptr; }

    /// References of this identifier now; 0 when closed.
    std::size_t references() const noexcept;

    /// For copg's own layers.
    explicit pool_handle(std::shared_ptr<detail::identifier_entry const> entry) noexcept;

private:
    std::shared_ptr<detail::identifier_entry const> entry_;
};

} // namespace copg
