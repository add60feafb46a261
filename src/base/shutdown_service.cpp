// SPDX-License-Identifier: BSL-1.0
#include "base/shutdown_service.hpp"

#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>

namespace copg::detail {

asio::execution_context::id shutdown_service::id;

shutdown_service& shutdown_service::of(asio::any_io_executor const& executor) {
    auto& context = asio::query(executor, asio::execution::context);
    // The newest service is told first. Once strands have been told, what is posted to one is
    // destroyed by the thread that posts it, in the middle of what it does: listeners come before.
    if (!asio::has_service<shutdown_service>(context))
        asio::strand<asio::any_io_executor> const older{executor};
    return asio::use_service<shutdown_service>(context);
}

void shutdown_service::add(shutdown_listener& listener) {
    std::lock_guard const lock{mutex_};
    listeners_.push_back(listener);
}

void shutdown_service::remove(shutdown_listener& listener) noexcept {
    std::lock_guard const lock{mutex_};
    if (listener.is_linked())
        listeners_.erase(listeners_.iterator_to(listener));
}

void shutdown_service::shutdown() {
    while (true) {
        std::shared_ptr<void> alive;
        shutdown_listener* next = nullptr;
        {
            std::lock_guard const lock{mutex_};
            if (listeners_.empty())
                return;
            next = &listeners_.front();
            alive = next->keep_alive();
            listeners_.pop_front();
        }
        if (alive != nullptr)
            next->context_gone();
    }
}

} // namespace copg::detail
