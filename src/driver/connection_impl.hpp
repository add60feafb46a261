// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/resumption.hpp"
#include "base/shutdown_service.hpp"
#include "driver/backend_state.hpp"
#include "driver/segment.hpp"
#include "driver/wire.hpp"

#include <copg/base/observer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace copg::detail {

class connection_impl;

/// Segments that are sent together, and their answers. Lives in the frame of the coroutine that
/// waits for it.
struct exchange : boost::intrusive::list_base_hook<> {
    explicit exchange(connection_impl& connection) noexcept : owner{connection} {}
    ~exchange(); ///< a frame that is destroyed while it waits takes the connection with it

    connection_impl& owner;
    std::span<segment const> segments;
    std::span<segment_answer> answers;
    std::size_t answered = 0;
    std::uint64_t id = 0;
    std::exception_ptr failure; ///< the exchange did not come to its end
    resumption waiter;
};

/// A connection's I/O: a FIFO of exchanges behind one permanent read wait, which serves answers,
/// notices and the death of an idle connection alike.
///
/// States: alive, lost (the peer or the network ended it), closed (close() or an abandoned
/// exchange); the last two are final, and the PGconn is gone in both. Every exchange that was
/// accepted ends exactly once.
///
/// Thread safety: every function may be called from any thread. The PGconn is touched under mutex_
/// only, which is never held while a coroutine or a callback runs.
class connection_impl final : public std::enable_shared_from_this<connection_impl>,
                              private shutdown_listener {
public:
    connection_impl(asio::any_io_executor executor,
                    pg_connection connection,
                    std::shared_ptr<observer> observer,
                    bool named_statements);
    ~connection_impl();

    /// Arms the read wait. Call once, when the object is shared.
    void start();

    /// Sends the segments in one flush and waits for all answers. The segments and answers must
    /// live until it returns. @throws error errc::connection_busy, errc::connection_lost,
    /// the first unfinished segment's on_loss; operation_aborted when cancelled, with the
    /// connection closed
    asio::awaitable<void> perform(std::span<segment const> segments,
                                  std::span<segment_answer> answers);

    /// Ends every exchange with connection_lost. Does nothing the second time.
    void close() noexcept;
    bool is_alive() const noexcept;

    enum class condition { ready, in_transaction, busy, gone };
    /// What the connection is good for when nobody has it any more.
    condition at_rest() const noexcept;

    /// Called once when the connection is lost while nothing runs on it, from any thread.
    /// @return false when it is lost already: the callback will not come
    bool on_idle_loss(std::function<void()> callback);

    std::uint64_t round_trips() const noexcept;
    int backend_pid() const noexcept { return backend_pid_; }
    std::string parameter_status(char const* name) const;
    binding binding_now() const noexcept;
    asio::any_io_executor const& executor() const noexcept { return executor_; }

    /// Held by whoever runs statements here; guards backend().
    std::atomic_flag& claimed() noexcept { return claimed_; }
    backend_state& backend() noexcept { return backend_; }

private:
    friend exchange;
    struct start_exchange;
    struct on_ready;
    using exchange_list =
        boost::intrusive::list<exchange, boost::intrusive::constant_time_size<false>>;

    void context_gone() noexcept override;
    std::shared_ptr<void> keep_alive() noexcept override { return weak_from_this().lock(); }
    void begin(exchange& e);
    void send_all(exchange& e, exchange_list& ended);
    void cancel(std::uint64_t id);
    void abandon(exchange& e) noexcept;
    void readable();
    void writable();
    void arm_read();
    void arm_write();
    void flush(exchange_list& ended);
    void read_answers(exchange_list& ended);
    void lose(exchange_list& ended);
    std::string last_words(segment_answer& answer);
    void shut() noexcept;
    void end_all(exchange_list& ended, std::exception_ptr const& failure);
    std::exception_ptr loss_of(exchange& e, std::string const& message) const;
    static void dispatch_all(exchange_list& ended);
    static void post_all(exchange_list& ended);
    void report_notices(std::vector<sql_diagnostics> const& notices) const noexcept;

    asio::any_io_executor const executor_;
    std::shared_ptr<observer> const observer_;
    int backend_pid_ = 0;
    std::atomic<std::uint64_t> last_id_ = 0;
    std::atomic_flag claimed_;
    backend_state backend_;

    mutable std::mutex mutex_; // guards all below
    asio::posix::stream_descriptor descriptor_;
    std::unique_ptr<wire> wire_; // null once lost or closed
    std::string end_message_;    // why it is null
    exchange_list exchanges_;
    binding binding_;
    std::function<void()> on_idle_loss_;
    std::uint64_t round_trips_ = 0;
    bool write_armed_ = false;
};

} // namespace copg::detail
