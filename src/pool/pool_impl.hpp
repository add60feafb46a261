// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/context.hpp"
#include "base/resumption.hpp"
#include "base/shutdown_service.hpp"
#include "driver/connect_attempt.hpp"
#include "pool/budget.hpp"
#include "pool/core.hpp"
#include "pool/server_watch.hpp"

#include <copg/driver/connect_options.hpp>
#include <copg/pool/acquire_error.hpp>
#include <copg/pool/lease.hpp>
#include <copg/pool/lease_info.hpp>
#include <copg/pool/pool_load.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <mutex>

namespace copg {
class connection;
}

namespace copg::detail {

/// What an acquire asks for.
class acquire_request {
public:
    acquire_request(session bound_to,
                    std::chrono::milliseconds timeout,
                    std::source_location const& from) noexcept
        : wanted{std::move(bound_to)}, limit{timeout}, where{from} {}

    session wanted;
    std::chrono::milliseconds limit; // 0: none
    std::source_location where;
    std::uint64_t scope = 0; // the id of the transaction scope that it is for; 0: a plain lease
};

/// A waiter and the coroutine behind it; lives in the frame of that coroutine.
struct acquire_operation : pool_waiter {
    acquire_operation(pool_impl& owner, acquire_request const& request);
    ~acquire_operation(); ///< a frame that is destroyed while it waits leaves no trace

    /// Notes the scopes that the coroutine is inside of, as far as they matter to the pool. Without
    /// the pool's mutex: they have their own.
    void look_around(context_node const* innermost);

    pool_impl& pool;
    std::uint64_t id = 0;
    std::exception_ptr failure;
    resumption waiter;
};

/// The asynchronous shell around pool_core: performs its decisions. Every event goes the same way:
/// tell the core under the mutex, collect what it decided, act on that without the mutex.
///
/// Hooks, rollbacks and signs of life run as coroutines on a strand of the executor, each for a
/// limited time. While one does, its slot is closing and nobody else touches it.
class pool_impl final : public std::enable_shared_from_this<pool_impl>, private shutdown_listener {
public:
    pool_impl(asio::any_io_executor executor, connect_options target, pool_options const& options);
    ~pool_impl();

    /// Starts to fill up to the minimum. Call once, when the object is shared.
    void start();

    // Borrowing (pool_impl.cpp).

    /// @return null when it would have to wait
    pool_slot*
    take(session const& wanted, std::source_location const& where, std::uint64_t scope = 0);
    /// @param self  this, kept alive by the lease
    asio::awaitable<lease> acquire(std::shared_ptr<pool_impl> self, acquire_request request);
    void release(pool_slot& slot) noexcept;
    /// A connection in use is not good enough for whoever has it.
    void discard(pool_slot& slot, close_reason reason) noexcept;
    asio::any_io_executor const& executor() const noexcept { return executor_; }
    bool has_grant_hook() const noexcept { return hooks_.before_grant != nullptr; }

    // Operations (pool_operations.cpp).

    void close() noexcept;
    void resize(std::size_t minimum, std::size_t maximum);
    void pause(bool paused);
    void refresh(std::optional<connect_options> target);
    /// @param self  this, kept alive until the end
    asio::awaitable<drain_report> drain(std::shared_ptr<pool_impl> self,
                                        std::chrono::milliseconds grace);
    pool_statistics statistics() const;
    pool_load load() const noexcept;
    std::vector<lease_info> leases() const;
    pool_options options() const;
    connect_options target() const;
    bool connected() const; ///< whether there is a connection now
    std::chrono::milliseconds acquire_timeout() const noexcept { return acquire_timeout_; }
    pool_hooks const& hooks() const noexcept { return hooks_; }

    bool is_closed() const;

    using close_callback = std::function<void()>;
    /// Calls it once, when the pool has been closed, at once if it is; without the mutex, and
    /// unless it is gone by then. It must not throw.
    void on_close(std::weak_ptr<close_callback const> callback);

private:
    friend acquire_operation;
    struct decisions;
    struct start_waiting;
    struct start_draining;
    struct start_hook;
    struct connect_outcome;
    struct hooked_connect;
    using time = pool_time;
    using link = std::shared_ptr<std::weak_ptr<pool_impl>>;

    static std::unique_ptr<budget_member>
    join_budget(asio::any_io_executor const& executor, pool_options const& options, link self);

    void context_gone() noexcept override;
    std::shared_ptr<void> keep_alive() noexcept override { return weak_from_this().lock(); }

    // Waiting (pool_impl.cpp). decide() and what takes decisions: under the mutex.
    void wait(acquire_operation& operation);
    void cancel(std::uint64_t id);
    void abandon(acquire_operation& operation) noexcept;
    void release_slowly(pool_slot& slot,
                        connection_impl::condition state,
                        std::unique_lock<std::mutex> lock);
    void decide(decisions& due, time now);
    void act(decisions& due);
    void refuse(decisions& due, pool_waiter& waiter, std::exception_ptr const& failure);
    void refuse_all(decisions& due, std::exception_ptr const& failure);
    void refuse_deadlocked(decisions& due, time now);
    std::exception_ptr nested_error(pool_waiter const& waiter, time now) const;
    void put_back(decisions& due, pool_slot& slot, time now);
    void close_slot(decisions& due, pool_slot& slot, close_reason reason, time now);
    void remove(decisions& due, pool_slot& slot, close_reason reason, time now);
    void arm_timer();
    void on_timer();
    void shut(decisions& due);
    void end_drains(decisions& due);
    void end_grace();
    void cancel_attempts();
    void ask_again();
    void reclaim();

    // Connecting (pool_connects.cpp).
    std::size_t connects_due(decisions& due, time now);
    void start_connect();
    void start_hooked_connect(connect_options target, std::uint64_t generation);
    asio::awaitable<void> connect_with_hooks(connect_options target,
                                             std::shared_ptr<connect_outcome> outcome);
    void connect_ended(std::uint64_t generation, connect_outcome outcome);
    void note_failure(connect_outcome const& outcome, time now);
    std::shared_ptr<server_watch> watch_of(connect_options const& target) const;
    void idle_connection_lost(connection_impl const* connection);
    std::exception_ptr refusal() const;
    std::exception_ptr known_refusal(time now) const;
    std::exception_ptr timeout_error(acquire_operation const& operation, time now) const;
    std::vector<lease_info> longest_leases(time now, std::size_t most) const;

    // With the connections (pool_upkeep.cpp).
    asio::awaitable<void> limited(asio::awaitable<void> hook);
    void start_cleaning(pool_slot& slot);
    void start_check(pool_slot& slot);
    void start_farewell(pool_slot& slot, close_reason reason);
    void cleaning_ended(pool_slot& slot, std::exception_ptr const& failure);
    void check_ended(pool_slot& slot, std::exception_ptr const& failure);
    void farewell_ended(pool_slot& slot, close_reason reason);
    asio::awaitable<void> clean(std::shared_ptr<connection_impl> connection);
    asio::awaitable<void> check(std::shared_ptr<connection_impl> connection);
    asio::awaitable<void> call(std::function<asio::awaitable<void>(connection&)> const& hook,
                               std::shared_ptr<connection_impl> connection);
    asio::awaitable<void> call_before_grant(std::shared_ptr<connection_impl> connection,
                                            session bound_to);
    asio::awaitable<std::exception_ptr> before_grant(pool_slot& slot, session bound_to);
    asio::awaitable<lease> pass_hook(lease held, acquire_request request);
    asio::awaitable<lease> acquire_again(acquire_request request);
    void note_open_transaction(decisions& due, pool_slot const& slot, time now);
    void report_long_lease(lease_info const& held) const;
    void report_open_transaction(lease_info const& left) const;
    void report_close(close_reason reason) const;
    static lease_info info_of(pool_slot const& slot, time now);

    asio::any_io_executor const executor_;
    pool_hooks const hooks_;
    std::chrono::milliseconds const hook_timeout_;
    std::chrono::milliseconds const acquire_timeout_;
    reset_policy const reset_;
    bool const charges_;                          // times must be exact, since tenants have maxima
    link const self_;                             // for the budget's callbacks; set by start()
    std::unique_ptr<budget_member> const member_; // may be null

    mutable std::mutex mutex_; // guards all below
    connect_options target_;
    pool_core core_;
    asio::steady_timer timer_;
    std::optional<time> timer_at_; // when timer_ fires next
    boost::unordered_flat_map<std::uint64_t, acquire_operation*> cancellable_;
    std::vector<std::weak_ptr<connect_attempt>> attempts_;
    std::vector<std::weak_ptr<hooked_connect>> hooked_attempts_;
    std::vector<std::weak_ptr<close_callback const>> on_close_;
    std::vector<lease_info> cancelled_;    // by the end of a drain's grace
    std::vector<resumption> drains_;       // continued when the last connection is back
    std::shared_ptr<server_watch> server_; // of target_
    std::exception_ptr last_connect_failure_;
    std::uint64_t last_id_ = 0;
    std::uint64_t transactions_left_open_ = 0;
    std::uint64_t past_round_trips_ = 0; // of connections that are gone
    request_statistics past_requests_;   // likewise
    bool proven_ = false;                // there has been a connection
    bool closed_ = false;
};

/// Shared by the handles of a pool; closes it with the last one.
class pool_owner {
public:
    explicit pool_owner(std::shared_ptr<pool_impl> impl) noexcept : impl_{std::move(impl)} {}
    ~pool_owner() { impl_->close(); }
    pool_owner(pool_owner const&) = delete;
    pool_owner& operator=(pool_owner const&) = delete;

    std::shared_ptr<pool_impl> const& impl() const noexcept { return impl_; }

private:
    std::shared_ptr<pool_impl> impl_;
};

/// How an attempt to connect has ended.
struct pool_impl::connect_outcome {
    std::exception_ptr failure;
    std::shared_ptr<connection_impl> connection;
    bool reached = false; // the server has answered, if that is known
    bool tried = true;    // a hook did not keep the attempt from being made

    connect_outcome() = default;
};

/// What the core decided, to be done when the mutex is free.
struct pool_impl::decisions {
    struct farewell {
        pool_slot* slot;
        close_reason reason;
    };
    struct closed {
        std::shared_ptr<connection_impl> connection;
        close_reason reason;
    };
    template <class T>
    using few = boost::container::small_vector<T, 2>;

    few<resumption> ready;
    few<closed> to_close;
    few<farewell> farewells;
    few<pool_slot*> to_clean;
    few<pool_slot*> to_check;
    std::vector<lease_info> long_leases;
    std::vector<lease_info> open_transactions; // that were left
    std::vector<std::weak_ptr<close_callback const>> on_close;
    std::size_t connects = 0;
};

connect_options target_of(connect_options target, pool_options const& options);
/// Neither negative nor too long to be added to a time.
pool_time::duration bounded(std::chrono::milliseconds limit) noexcept;
std::exception_ptr closed_error();
std::string describe(lease_info const& held);
/// `file.cpp:12`.
std::string describe(std::source_location const& where);
/// What a message tells of details, after all else.
std::string describe(acquire_error::details const& why);

} // namespace copg::detail
