// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/context_executor.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>

namespace copg::detail {

/// Something that a coroutine can be inside of, such as a transaction scope.
class context_entry {
public:
    virtual ~context_entry() = default;

    /// Whether it keeps something of a shared resource to itself until the coroutines inside have
    /// ended.
    enum class hold { none, possible, certain };
    virtual hold holds(void const* resource) const noexcept = 0;

    /// Unlike that of any other, before and after. Never 0.
    std::uint64_t id() const noexcept { return id_; }

protected:
    context_entry() noexcept;
    context_entry(context_entry const&) = delete;
    context_entry& operator=(context_entry const&) = delete;

private:
    std::uint64_t const id_;
};

/// One link of the immutable chain of what a coroutine is inside of, innermost first.
class context_node {
public:
    /// @param entry  null: hides all that is further out; see entry()
    context_node(std::shared_ptr<context_node const> parent,
                 std::shared_ptr<context_entry> entry) noexcept
        : parent_{std::move(parent)}, entry_{std::move(entry)} {}

    context_node const* parent() const noexcept { return parent_.get(); }
    /// Null where a coroutine does not take part in what is further out, though it is still inside.
    std::shared_ptr<context_entry> const& entry() const noexcept { return entry_; }

private:
    std::shared_ptr<context_node const> parent_;
    std::shared_ptr<context_entry> entry_;
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
