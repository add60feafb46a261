// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/pool/pool.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace copg::detail {

/// The physical pools by canonical connection string. Holds them weakly: whoever uses a pool keeps
/// it. Thread-safe; nothing waits under the mutex.
class pool_directory {
public:
    explicit pool_directory(asio::any_io_executor executor) : executor_{std::move(executor)} {}

    /// The pool of a target, made with these options if there is none.
    pool get(dsn const& target, pool_options const& options);

    void close_all() noexcept;

private:
    asio::any_io_executor const executor_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::weak_ptr<pool_owner>> pools_; // guarded by mutex_
};

} // namespace copg::detail
