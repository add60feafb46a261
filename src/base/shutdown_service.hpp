// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/intrusive/list.hpp>

#include <memory>
#include <mutex>

namespace copg::detail {

namespace asio = boost::asio;

/// Something that keeps suspended coroutines. A coroutine's frame owns what it waits in, and what
/// it waits in holds the coroutine: when the event loop is destroyed in the middle of that,
/// somebody must let go, or the frame and all that it holds would leak.
class shutdown_listener : public boost::intrusive::list_base_hook<> {
public:
    /// The loop is being destroyed: destroy the coroutines that wait.
    virtual void context_gone() noexcept = 0;

    /// Keeps the listener alive while it is being told; null when it is being destroyed already.
    virtual std::shared_ptr<void> keep_alive() noexcept = 0;

protected:
    shutdown_listener() = default;
    ~shutdown_listener() = default;
};

/// Tells its listeners when their execution context is destroyed. Thread-safe.
class shutdown_service final : public asio::execution_context::service {
public:
    using key_type = shutdown_service;
    static asio::execution_context::id id;

    explicit shutdown_service(asio::execution_context& owner)
        : asio::execution_context::service{owner} {}

    /// The service of an executor's context.
    static shutdown_service& of(asio::any_io_executor const& executor);

    void add(shutdown_listener& listener);
    void remove(shutdown_listener& listener) noexcept;

private:
    void shutdown() override;

    std::mutex mutex_;
    boost::intrusive::list<shutdown_listener, boost::intrusive::constant_time_size<false>>
        listeners_; // guarded by mutex_
};

} // namespace copg::detail
