// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/scope/context_executor.hpp>
#include <copg/scope/scope_key.hpp>

#include <array>
#include <memory>
#include <mutex>

namespace copg::detail {

class scope_state;

/// One link of the immutable chain of scopes that a coroutine is in, innermost first.
class context_node {
public:
    /// @param scope  null: hides all scopes further out
    context_node(std::shared_ptr<context_node const> parent,
                 std::shared_ptr<scope_state> scope) noexcept
        : parent_{std::move(parent)}, scope_{std::move(scope)} {}

    /// The innermost scope of that key that is not hidden, or null.
    static std::shared_ptr<scope_state> find(std::shared_ptr<context_node const> const& innermost,
                                             scope_key const& key) noexcept;

private:
    std::shared_ptr<context_node const> parent_;
    std::shared_ptr<scope_state> scope_;
};

/// What context_executor points to: the context, and the wrapped executor in each variant that Asio
/// asks for, made once so that asking costs nothing.
class executor_node : public std::enable_shared_from_this<executor_node> {
public:
    static constexpr unsigned never = 1; // bits of a variant
    static constexpr unsigned continuation = 2;

    executor_node(asio::any_io_executor const& inner,
                  std::shared_ptr<context_node const> context,
                  std::shared_ptr<executor_node const> untracked);

    asio::any_io_executor const& variant(unsigned bits) const noexcept { return variants_[bits]; }
    std::shared_ptr<context_node const> const& context() const noexcept { return context_; }

    /// The node whose executors count as work of the loop. Kept weakly: what keeps it, keeps the
    /// loop running.
    std::shared_ptr<executor_node const> tracked() const;
    std::shared_ptr<executor_node const> untracked() const;

private:
    std::array<asio::any_io_executor, 4> variants_;
    std::shared_ptr<context_node const> context_;
    std::shared_ptr<executor_node const> untracked_; // null in an untracked node
    mutable std::mutex mutex_;
    mutable std::weak_ptr<executor_node const> tracked_; // guarded by mutex_
};

/// The context that an executor carries, through strands too; null when it carries none.
std::shared_ptr<context_node const> context_of(asio::any_io_executor const& executor) noexcept;

/// The executor with another context in place of its own.
asio::any_io_executor with_context(asio::any_io_executor const& executor,
                                   std::shared_ptr<context_node const> context);

} // namespace copg::detail
