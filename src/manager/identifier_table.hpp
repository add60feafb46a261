// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/registration.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace copg::detail {

class identifier_table;

/// An identifier that is in use; its handles share it.
class identifier_entry {
public:
    identifier_entry(std::shared_ptr<identifier_table> table,
                     registration::pointer registered,
                     database opened)
        : table_{std::move(table)}, registered_{std::move(registered)}, db_{std::move(opened)} {}
    identifier_entry(identifier_entry const&) = delete;
    identifier_entry& operator=(identifier_entry const&) = delete;
    ~identifier_entry();

    registration const& registered() const noexcept { return *registered_; }
    database const& db() const noexcept { return db_; }

private:
    std::shared_ptr<identifier_table> const table_;
    registration::pointer const registered_;
    database const db_;
};

/// The identifiers in use. Holds them weakly. Thread-safe.
class identifier_table : public std::enable_shared_from_this<identifier_table> {
public:
    /// One more reference. No network traffic.
    /// @throws error errc::identifier_conflict naming what differs from the one in use
    std::shared_ptr<identifier_entry const> claim(registration::pointer const& wanted);

    /// For identifier_entry: it is gone.
    void forget(std::string_view identifier) noexcept;

    std::size_t size() const;

private:
    std::shared_ptr<identifier_entry const> known(std::string_view identifier) const;

    mutable std::mutex mutex_;
    std::map<std::string, std::weak_ptr<identifier_entry const>, std::less<>>
        entries_; // guarded by mutex_
};

} // namespace copg::detail
