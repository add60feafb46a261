// SPDX-License-Identifier: BSL-1.0
#include "base/context.hpp"

#include <copg/base/context_executor.hpp>

#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <atomic>

namespace copg {
namespace detail {

context_entry::context_entry() noexcept
    : id_{[] {
          static std::atomic<std::uint64_t> last = 0;
          return ++last;
      }()} {}

executor_node::executor_node(asio::any_io_executor const& inner,
                             std::shared_ptr<context_node const> context,
                             std::shared_ptr<executor_node const> untracked)
    : context_{std::move(context)}, untracked_{std::move(untracked)} {
    for (unsigned bits = 0; bits < variants_.size(); ++bits) {
        auto variant = inner;
        if ((bits & never) != 0)
            variant = asio::require(variant, asio::execution::blocking.never);
        if ((bits & continuation) != 0)
            variant = asio::prefer(variant, asio::execution::relationship.continuation);
        variants_[bits] = std::move(variant);
    }
}

std::shared_ptr<executor_node const> executor_node::tracked() const {
    if (untracked_ != nullptr)
        return shared_from_this();
    std::lock_guard const lock{mutex_};
    if (auto alive = tracked_.lock())
        return alive;
    auto const working = asio::prefer(variants_[0], asio::execution::outstanding_work.tracked);
    auto made = std::make_shared<executor_node const>(working, context_, shared_from_this());
    tracked_ = made;
    return made;
}

std::shared_ptr<executor_node const> executor_node::untracked() const {
    return untracked_ != nullptr ? untracked_ : shared_from_this();
}

std::shared_ptr<context_node const> context_of(asio::any_io_executor const& executor) noexcept {
    if (auto const* carrier = executor.target<context_executor>())
        return carrier->context();
    if (auto const* strand = executor.target<asio::strand<asio::any_io_executor>>())
        return context_of(strand->get_inner_executor());
    return nullptr;
}

asio::any_io_executor with_context(asio::any_io_executor const& executor,
                                   std::shared_ptr<context_node const> context) {
    auto plain = executor;
    if (auto const* carrier = executor.target<context_executor>())
        plain = carrier->require(asio::execution::outstanding_work.untracked).inner();
    if (context == nullptr)
        return plain;
    return context_executor{
        std::make_shared<executor_node const>(plain, std::move(context), nullptr), 0};
}

} // namespace detail

asio::any_io_executor const& context_executor::inner() const noexcept {
    return node_->variant(variant_);
}

std::shared_ptr<detail::context_node const> const& context_executor::context() const noexcept {
    return node_->context();
}

asio::execution_context& context_executor::query(asio::execution::context_t) const noexcept {
    return asio::query(inner(), asio::execution::context);
}

using detail::executor_node;

context_executor context_executor::require(asio::execution::blocking_t::possibly_t) const noexcept {
    return {node_, variant_ & ~executor_node::never};
}

context_executor context_executor::require(asio::execution::blocking_t::never_t) const noexcept {
    return {node_, variant_ | executor_node::never};
}

context_executor context_executor::require(asio::execution::relationship_t::fork_t) const noexcept {
    return {node_, variant_ & ~executor_node::continuation};
}

context_executor
context_executor::require(asio::execution::relationship_t::continuation_t) const noexcept {
    return {node_, variant_ | executor_node::continuation};
}

context_executor context_executor::require(asio::execution::outstanding_work_t::tracked_t) const {
    return {node_->tracked(), variant_};
}

context_executor context_executor::require(asio::execution::outstanding_work_t::untracked_t) const {
    return {node_->untracked(), variant_};
}

asio::awaitable<asio::any_io_executor> inherit(asio::any_io_executor executor) {
    auto const mine = co_await asio::this_coro::executor;
    co_return detail::with_context(executor, detail::context_of(mine));
}

asio::any_io_executor leave_scope(asio::any_io_executor const& executor) {
    auto const on_strand =
        executor.target<context_executor>() == nullptr && detail::context_of(executor) != nullptr;
    // What runs on the strand must stay on it: the context inside is hidden, not taken out.
    std::shared_ptr<detail::context_node const> hidden;
    if (on_strand)
        hidden = std::make_shared<detail::context_node const>(nullptr, nullptr);
    return detail::with_context(executor, std::move(hidden));
}

} // namespace copg
