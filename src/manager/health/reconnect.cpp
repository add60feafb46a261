// SPDX-License-Identifier: BSL-1.0
#include "base/flight.hpp"
#include "manager/health/probe.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/reconnect.hpp>

#include <map>
#include <mutex>
#include <utility>

namespace copg {
namespace {

using detail::flight;
using detail::pool_impl;

/// The reconnects that are under way, one for each pool. Thread-safe.
class reconnects {
public:
    /// Never destroyed: a coroutine may outlive any static object.
    static reconnects& shared() {
        static auto* const all = new reconnects;
        return *all;
    }

    std::shared_ptr<flight> join(std::shared_ptr<pool_impl> const& which,
                                 std::chrono::milliseconds limit) {
        std::unique_lock lock{mutex_};
        auto& known = under_way_[which.get()];
        if (auto const joined = known.lock())
            return joined;
        auto const mine = std::make_shared<flight>(which->executor());
        known = mine;
        lock.unlock();
        auto done = [this, which, mine](std::exception_ptr failure, std::chrono::nanoseconds) {
            end(which, mine, std::move(failure));
        };
        detail::probe::start(*which, limit, std::move(done));
        return mine;
    }

private:
    void end(std::shared_ptr<pool_impl> const& which,
             std::shared_ptr<flight> const& mine,
             std::exception_ptr failure) {
        {
            std::lock_guard const lock{mutex_};
            std::erase_if(under_way_, [&](auto const& entry) {
                return entry.first == which.get() || entry.second.expired();
            });
        }
        if (which->is_closed())
            failure = detail::closed_error();
        else if (failure == nullptr)
            which->refresh(std::nullopt);
        mine->land(std::move(failure));
    }

    std::mutex mutex_;
    std::map<pool_impl const*, std::weak_ptr<flight>> under_way_; // guarded by mutex_
};

asio::awaitable<void> reconnect_pool(std::shared_ptr<pool_impl> which,
                                     std::chrono::milliseconds limit) {
    if (which->is_closed())
        std::rethrow_exception(detail::closed_error());
    auto joined = reconnects::shared().join(which, limit);
    co_await flight::wait(std::move(joined));
}

} // namespace

asio::awaitable<void> reconnect(pool const& which, std::chrono::milliseconds timeout) {
    return reconnect_pool(which.owner()->impl(), timeout);
}

} // namespace copg
