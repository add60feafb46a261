// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/replica_state.hpp"

#include <copg/base/context_executor.hpp>
#include <copg/manager/pool_parameters.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

namespace copg::detail {
namespace {

pool make_pool(asio::any_io_executor const& executor,
               connect_options like,
               dsn const& where,
               pool_options const& options) {
    like.target(where);
    return pool{executor, std::move(like), with_pool_parameters(options, where)};
}

database make_primary(asio::any_io_executor const& executor,
                      connect_options const& nodes,
                      session const& bound_to,
                      pool_options const& options) {
    static std::atomic<std::uint64_t> last = 0;
    scope_key key{scope_key::kind::target, fmt::format("replica set {}", ++last)};
    return {
        make_pool(executor, nodes, primary_of(nodes.target()), options), bound_to, std::move(key)};
}

std::vector<std::shared_ptr<replica_node>> make_nodes(asio::any_io_executor const& executor,
                                                      connect_options const& nodes,
                                                      session const& bound_to,
                                                      pool_options options,
                                                      replica_options const& how) {
    if (options.retry.attempts == 0)
        options.retry.attempts = 1; // there is somebody else to ask
    std::vector<std::shared_ptr<replica_node>> made;
    for (auto const& one : nodes_of(nodes.target())) {
        auto where = nodes;
        where.target(one);
        database const reads{make_pool(executor, nodes, one, options), bound_to};
        made.push_back(std::make_shared<replica_node>(std::move(where), reads, how.maximum_lag));
    }
    return made;
}

std::vector<balanced_member> readers_of(std::vector<std::shared_ptr<replica_node>> const& nodes) {
    std::vector<balanced_member> members;
    for (auto const& node : nodes)
        members.emplace_back(node->reads(), 1, [seen = node->view()] { return seen->for_reads(); });
    return members;
}

} // namespace

replica_state::replica_state(asio::any_io_executor const& executor,
                             connect_options const& nodes,
                             session const& bound_to,
                             pool_options const& pools,
                             replica_options const& options)
    : strand_{asio::make_strand(leave_scope(executor))},
      options_{options.checked()},
      primary_{make_primary(leave_scope(executor), nodes, bound_to, pools)},
      nodes_{make_nodes(leave_scope(executor), nodes, bound_to, pools, options)},
      reads_{readers_of(nodes_),
             balance_options{options.strategy},
             primary_,
             options.read_from_primary},
      timer_{strand_} {}

void replica_state::start() {
    if (options_.check_interval.count() > 0)
        start_round();
}

void replica_state::stop() noexcept {
    {
        std::lock_guard const lock{mutex_};
        if (std::exchange(stopped_, true))
            return;
        timer_.cancel();
    }
    for (auto const& node : nodes_)
        node->close();
    if (rounds_ == 0)
        return;
    try {
        asio::post(strand_, [self = shared_from_this()] { self->cancel_children(); });
    } catch (...) {
        return; // no memory: they end by themselves, within check_timeout
    }
}

void replica_state::close() noexcept {
    stop();
    primary_.pool().close();
    for (auto const& node : nodes_)
        node->reads().pool().close();
}

void replica_state::suspect() noexcept {
    if (is_stopped() || suspected_.exchange(true))
        return;
    try {
        asio::co_spawn(strand_, round(shared_from_this()), [](std::exception_ptr const&) {});
    } catch (...) {
        suspected_ = false; // no memory: the next refused write tries again
    }
}

std::vector<replica_status> replica_state::status() const {
    std::vector<replica_status> all;
    for (auto const& node : nodes_) {
        auto now = node->view()->status();
        now.dsn = node->redacted();
        all.push_back(std::move(now));
    }
    return all;
}

bool replica_state::is_stopped() const {
    std::lock_guard const lock{mutex_};
    return stopped_;
}

void replica_state::arm() {
    std::lock_guard const lock{mutex_};
    if (stopped_)
        return;
    timer_.expires_after(options_.check_interval);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& ec) {
        if (auto const self = weak.lock(); self && !ec)
            self->start_round();
    });
}

void replica_state::start_round() {
    auto done = [weak = weak_from_this()](std::exception_ptr const&) {
        if (auto const self = weak.lock())
            self->arm();
    };
    asio::co_spawn(strand_, round(shared_from_this()), std::move(done));
}

asio::awaitable<void> replica_state::check(std::shared_ptr<replica_state> self) {
    // Cancelling from another executor than the round's would race with it.
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot{}, asio::use_awaitable);
    auto running_round = round(std::move(self));
    co_await asio::co_spawn(strand_, std::move(running_round), token);
}

} // namespace copg::detail
