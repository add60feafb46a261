// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>
#include <mutex>
#include <vector>

namespace copg::detail {

using transaction_callback = std::function<asio::awaitable<void>()>;

/// What waits for the outcome of a transaction, in the order of registration. Each is run once at
/// most. Thread-safe.
class callbacks {
public:
    /// @param on_commit  else on rollback
    void add(bool on_commit, transaction_callback callback);

    /// Takes over those of a part of the transaction that has ended: well, so that they share the
    /// fate of the whole; or undone, so that their fate is known.
    void take_over(callbacks& part, bool undone);

    bool empty() const;

    /// Runs those that the outcome is for and forgets all others.
    /// @return the first failure of those that were for a commit, or null
    asio::awaitable<std::exception_ptr> run(bool committed);

private:
    enum class kind { on_commit, on_rollback, undone };
    struct entry {
        kind what;
        transaction_callback call;
    };

    std::vector<entry> take_all();

    mutable std::mutex mutex_;
    std::vector<entry> entries_; // guarded by mutex_
};

} // namespace copg::detail
