// SPDX-License-Identifier: BSL-1.0
#include "manager/replica_state.hpp"

#include <copg/base/with_deadline.hpp>
#include <copg/manager/pool_parameters.hpp>
#include <copg/scope/context_executor.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

namespace copg::detail {
namespace {

using view = std::shared_ptr<replica_view>;

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

/// Counts a round for as long as its frame lives.
class replica_state::running {
public:
    explicit running(std::atomic<std::size_t>& count) : count_{count} { ++count_; }
    running(running const&) = delete;
    running& operator=(running const&) = delete;
    ~running() { --count_; }

private:
    std::atomic<std::size_t>& count_;
};

/// What a round waits for.
struct replica_state::children {
    children(asio::any_io_executor const& strand, std::size_t count)
        : left{count}, all_ended{strand, asio::steady_timer::time_point::max()} {}

    void one_ended() {
        if (--left == 0)
            all_ended.cancel();
    }

    std::size_t left;
    asio::steady_timer all_ended;
};

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

asio::awaitable<void> replica_state::round(std::shared_ptr<replica_state> self) {
    running const counted{self->rounds_};
    auto const turn = co_await turn_->lock();
    if (is_stopped())
        co_return;
    co_await ask_all();
    note_primary();
}

asio::awaitable<void> replica_state::ask_all() {
    auto const all = std::make_shared<children>(strand_, nodes_.size() + 1);
    auto const ended = [all](std::exception_ptr const&) { all->one_ended(); };
    for (auto const& node : nodes_)
        asio::co_spawn(strand_,
                       node->check(options_.check_timeout),
                       asio::bind_cancellation_slot(node->signal().slot(), ended));
    asio::co_spawn(
        strand_, look_at_primary(), asio::bind_cancellation_slot(look_signal_.slot(), ended));
    while (all->left > 0) {
        boost::system::error_code woken;
        co_await all->all_ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

/// Asks a connection that nobody uses, or, closely, every one of them, whether its node takes
/// writes. Those in use are asked the next time, if there is a suspicion.
asio::awaitable<void> replica_state::look_at_primary() {
    auto const& shared = primary_.pool();
    auto const closely = suspected_.exchange(false) || unsure_;
    std::vector<lease> borrowed;
    while (borrowed.empty() || closely) {
        auto more = shared.try_acquire();
        if (!more)
            break;
        borrowed.push_back(std::move(more));
    }
    unsure_ = closely && shared.load().in_use > borrowed.size();
    if (borrowed.empty() && shared.statistics().idle > 0) { // a hook sees to every borrower
        auto one = co_await shared.acquire(session{}, options_.check_timeout);
        borrowed.push_back(std::move(one));
    }
    auto looking = look_at(std::move(borrowed));
    co_await with_deadline(options_.check_timeout, std::move(looking));
}

asio::awaitable<void> replica_state::look_at(std::vector<lease> borrowed) {
    auto found = false;
    for (auto& each : borrowed) {
        auto const refuses_writes = co_await each.fetch_one<bool>(
            "select pg_catalog.pg_is_in_recovery() or "
            "pg_catalog.current_setting('default_transaction_read_only')::bool");
        if (refuses_writes)
            each.discard();
        found = found || refuses_writes;
    }
    if (found)
        primary_.pool().refresh();
}

/// Another node takes writes now: connections to the old one are of no use, and who waits need not
/// wait for the next attempt. While the old one still takes writes, too, nobody can tell which is
/// right.
void replica_state::note_primary() {
    std::shared_ptr<replica_node> now;
    for (auto const& node : nodes_) {
        if (!node->view()->takes_writes())
            continue;
        if (node == known_primary_)
            return;
        if (now == nullptr)
            now = node;
    }
    if (now == nullptr)
        return;
    if (known_primary_ != nullptr)
        primary_.pool().refresh();
    known_primary_ = std::move(now);
}

void replica_state::cancel_children() {
    for (auto const& node : nodes_)
        node->signal().emit(asio::cancellation_type::terminal);
    look_signal_.emit(asio::cancellation_type::terminal);
}

} // namespace copg::detail
