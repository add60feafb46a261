// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/shutdown_service.hpp"
#include "driver/backend_state.hpp"
#include "driver/exchange.hpp"
#include "driver/holder.hpp"
#include "driver/wire.hpp"

#include <copg/driver/connect_options.hpp>
#include <copg/driver/request_statistics.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/container/small_vector.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace copg::detail {

class cancel_request;

/// A connection's I/O: a FIFO of exchanges behind one permanent read wait, which serves answers,
/// notices, notifications and the death of an idle connection alike.
///
/// States: settled (nothing is under way that nobody waits for); unsettled (an exchange was left
/// by whoever waited for it: its rest is being read, and the server asked to stop it); lost (the
/// peer or the network ended it); closed (close(), an abandoned exchange, or an unsettled state
/// that lasted too long). The last two are final, and the PGconn is gone in both.
///
/// Invariants: every exchange that was accepted ends exactly once; nothing is sent while unsettled;
/// it is settled again only when the server is ready for the next exchange and the cancel request
/// has ended, so that no later statement can be hit by it.
///
/// Thread safety: every function may be called from any thread. The PGconn is touched under mutex_
/// only, which is never held while a coroutine or a callback runs.
class connection_impl final : public std::enable_shared_from_this<connection_impl>,
                              private shutdown_listener {
public:
    using clock = exchange::clock;

    connection_impl(asio::any_io_executor executor,
                    pg_connection connection,
                    connect_options options);
    ~connection_impl();

    /// Arms the read wait. Call once, when the object is shared.
    void start();

    /// Sends the exchange and waits for its end, which exchange::throw_if_failed() then tells:
    /// error errc::connection_busy, errc::connection_lost, the exchange's loss(),
    /// errc::query_timeout; operation_aborted when cancelled, with the rest left to be read by
    /// nobody. The exchange, and the connection, must live until then.
    /// @param limit  from now; 0: none
    asio::awaitable<void> perform(exchange& e, std::chrono::milliseconds limit = {});

    /// Sends the exchange and returns. @throws what perform() makes it end with
    void launch(exchange& e, std::chrono::milliseconds limit = {});
    /// Waits until a launched exchange has news or has ended. @throws what it failed with
    asio::awaitable<void> wait(exchange& e);
    /// Whether it has news or has ended, after reading what has been received.
    bool has_progressed(exchange& e);
    /// Hands what whoever waits has queued in libpq's buffer to the kernel.
    /// @return false while the kernel does not take all of it
    bool flush_now();
    /// Calls a function with the wire, under the mutex. @throws error errc::connection_lost
    template <class Function>
    auto with_wire(Function function) {
        std::lock_guard const lock{mutex_};
        if (wire_ == nullptr)
            throw lost_error(errc::connection_lost, end_message_);
        return function(*wire_);
    }

    /// Calls a function under the mutex: what an exchange collects is shared with the reader.
    template <class Function>
    auto locked(Function function) const {
        std::lock_guard const lock{mutex_};
        return function();
    }

    /// Leaves an exchange to be read by nobody, and asks the server to stop it; inside a
    /// transaction, which that would break, only if it does not end soon by itself.
    void leave(exchange& e) noexcept;

    /// Waits until the connection is settled. Returns at once when it is, or is lost.
    asio::awaitable<void> settle();
    bool is_settled() const noexcept { return settled_.load(std::memory_order_acquire); }

    /// Ends every exchange as the loss of the connection does. Does nothing the second time.
    void close() noexcept;
    bool is_alive() const noexcept;
    /// The same, and asks the server to stop what runs: it would notice the end late by itself.
    void stop() noexcept;

    enum class condition { ready, in_transaction, unsettled, busy, gone };
    /// What the connection is good for when nobody has it any more.
    condition at_rest() const noexcept;

    /// Called once when the connection is lost while nothing runs on it, from any thread.
    /// @return false when it is lost already: the callback will not come
    bool on_idle_loss(std::function<void()> callback);

    /// Called for each notification, in order, on the connection's executor.
    void on_notification(std::function<void(notification const&)> callback);

    std::uint64_t round_trips() const noexcept;
    request_statistics requests() const noexcept;
    int backend_pid() const noexcept { return backend_pid_; }
    std::string parameter_status(char const* name) const;
    std::string end_message() const;
    binding binding_now() const noexcept;
    /// The same for whoever has the claim of a settled connection: nobody else changes it then.
    binding const& binding_at_rest() const noexcept { return binding_; }
    asio::any_io_executor const& executor() const noexcept { return executor_; }
    connect_options const& options() const noexcept { return options_; }

    /// Whoever runs statements here; guards backend().
    holder& held_by() noexcept { return holder_; }
    backend_state& backend() noexcept { return backend_; }

private:
    friend exchange;
    struct start_exchange;
    struct await_news;
    struct on_ready;
    using exchange_list =
        boost::intrusive::list<exchange, boost::intrusive::constant_time_size<false>>;
    /// Coroutines to continue when the mutex is free.
    using ready_list = boost::container::small_vector<resumption, 2>;

    void context_gone() noexcept override;
    std::shared_ptr<void> keep_alive() noexcept override { return weak_from_this().lock(); }

    // Exchanges (connection_exchanges.cpp).
    void begin(exchange& e, std::chrono::milliseconds limit);
    void send(exchange& e, ready_list& ready);
    void await(exchange& e, resumption waiter);
    void cancel(std::uint64_t id);
    void abandon(exchange& e) noexcept;
    static void wake(exchange& e, ready_list& ready);
    void end(exchange& e, std::exception_ptr failure, ready_list& ready);
    enum class stopping { at_once, gently };
    void detach(exchange& e, std::exception_ptr failure, stopping how, ready_list& ready);
    void ask_to_stop();
    void ask_again();
    void cancel_ended();
    void settle_if_done(ready_list& ready);
    void note_rest() noexcept;

    // I/O (connection_impl.cpp). All under mutex_, but for the handlers.
    void readable();
    void writable();
    void arm_read();
    void arm_write();
    void flush(ready_list& ready);
    void read_answers(ready_list& ready);
    void arm_timer(clock::time_point at);
    void on_timer();
    void lose(ready_list& ready);
    void lose_all(ready_list& ready);
    std::string last_words(segment_answer& answer);
    void shut() noexcept;
    void end_all(ready_list& ready, std::exception_ptr const& failure);
    static void dispatch_all(ready_list& ready);
    static void post_all(ready_list& ready);
    void report_notices(std::vector<sql_diagnostics> const& notices) const noexcept;

    asio::any_io_executor const executor_;
    connect_options const options_;
    int backend_pid_ = 0;
    std::atomic<std::uint64_t> last_id_ = 0;
    std::atomic<bool> settled_ = true;  // written under mutex_
    std::atomic<bool> resting_ = false; // nothing is under way, and no transaction; the same
    holder holder_;
    backend_state backend_;

    mutable std::mutex mutex_; // guards all below
    asio::posix::stream_descriptor descriptor_;
    asio::steady_timer timer_;
    std::optional<clock::time_point> timer_at_; // when timer_ fires next
    std::unique_ptr<wire> wire_;                // null once lost or closed
    std::string end_message_;                   // why it is null
    exchange_list exchanges_;
    std::vector<std::unique_ptr<exchange>> detached_;      // linked into exchanges_
    std::vector<std::shared_ptr<cancel_request>> cancels_; // the last may not have ended; those
                                                           // before may be busy with continuing us
    bool cancelling_ = false;                              // the last has not ended
    std::optional<clock::time_point> settle_by_;           // while unsettled
    std::optional<clock::time_point> ask_again_at_;        // when the cancel request is repeated
    clock::duration ask_again_after_{};
    binding binding_;
    std::function<void()> on_idle_loss_;
    std::function<void(notification const&)> on_notification_;
    std::uint64_t round_trips_ = 0;
    request_statistics requests_;
    bool read_armed_ = false;
    bool write_armed_ = false;
};

} // namespace copg::detail
