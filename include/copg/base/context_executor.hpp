// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution.hpp>

#include <memory>

namespace copg {

namespace detail {
class context_node;
class executor_node;
} // namespace detail

/// An executor that carries the coroutine-local context: the transaction scopes that the coroutine
/// is in. It runs everything on the executor that it wraps. Programs meet it as the
/// any_io_executor that `co_await asio::this_coro::executor` gives inside a scope.
///
/// Fits any_io_executor without an allocation. Thread safety: distinct and shared objects are safe.
class COPG_API context_executor {
public:
    context_executor(std::shared_ptr<detail::executor_node const> node, unsigned variant) noexcept
        : node_{std::move(node)}, variant_{variant} {}

    asio::execution_context& query(asio::execution::context_t) const noexcept;

    context_executor require(asio::execution::blocking_t::possibly_t) const noexcept;
    context_executor require(asio::execution::blocking_t::never_t) const noexcept;
    context_executor require(asio::execution::relationship_t::fork_t) const noexcept;
    context_executor require(asio::execution::relationship_t::continuation_t) const noexcept;
    context_executor require(asio::execution::outstanding_work_t::tracked_t) const;
    context_executor require(asio::execution::outstanding_work_t::untracked_t) const;

    template <class Function>
    void execute(Function&& function) const {
        inner().execute(std::forward<Function>(function));
    }

    friend bool operator==(context_executor const&, context_executor const&) noexcept = default;

    /// The wrapped executor.
    asio::any_io_executor const& inner() const noexcept;

    /// For copg's own layers.
    std::shared_ptr<detail::context_node const> const& context() const noexcept;

private:
    std::shared_ptr<detail::executor_node const> node_;
    unsigned variant_;
};

/// The executor with the calling coroutine's context: what runs there joins the same scopes. Needed
/// where a coroutine is started on another executor than its parent's: another loop, a thread pool,
/// a strand made from the context object.
COPG_API asio::awaitable<asio::any_io_executor> inherit(asio::any_io_executor executor);

/// The executor without a context: for what is created inside a scope and outlives it.
COPG_API asio::any_io_executor leave_scope(asio::any_io_executor const& executor);

} // namespace copg
