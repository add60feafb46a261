// SPDX-License-Identifier: BSL-1.0
// What happens in a round of checks of a replica set.
#include "manager/balance/replica_state.hpp"

#include <copg/base/with_deadline.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace copg::detail {

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
        auto refuses_writes = false;
        try {
            refuses_writes = co_await each.fetch_one<bool>(
                "select pg_catalog.pg_is_in_recovery() or "
                "pg_catalog.current_setting('default_transaction_read_only')::bool");
        } catch (error const&) { // a broken one says nothing of the others
            each.discard();
        }
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
