// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/binding.hpp"
#include "driver/pg_handles.hpp"
#include "driver/segment.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/driver/notification.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace copg::detail {

class row_buffer;

/// A connected PGconn in nonblocking mode: sends and reads, and never waits. It stands in pipeline
/// mode but for scripts and COPY. Not thread-safe; whoever owns it serialises.
class wire {
public:
    /// How far reading came.
    enum class progress {
        waiting, ///< for more bytes
        paused,  ///< until what has been read is taken
        ended,   ///< the server is ready for the next exchange
    };

    /// Takes over an established connection. @throws error errc::connect_failed
    explicit wire(pg_connection connection);

    /// Queues a segment and its Sync, and hands libpq's buffer to the kernel as far as that takes
    /// it. @throws error errc::connection_lost
    void send(segment const& segment);

    /// While true, several segments leave as one: libpq before 17 flushes at each Sync, and the
    /// server would answer the first before it has the second.
    void hold_back(bool held) noexcept;

    enum class flushed { all, partly, lost };
    /// Tries to send what is still buffered.
    flushed flush() noexcept;

    /// Takes in what the kernel has; false when the connection is lost.
    bool consume() noexcept;

    /// Reads on in the answer of the oldest segment, to its ReadyForQuery. Tells the binding what
    /// succeeded. The statement's rows go one by one into `rows`, unless that is null.
    /// @throws error errc::unsupported_statement; the connection cannot be used any more
    progress
    read(segment const& segment, segment_answer& answer, binding& binding, row_buffer* rows);

    /// Says that the rows of the oldest segment's first item are wanted one by one. Call when the
    /// segment has become the oldest one; does nothing if its first item is not the statement.
    void stream_first_item(segment const& segment, row_buffer const* rows) noexcept;

    /// After a loss: reads the server's last words into the answer under way.
    void read_last_words(segment_answer& answer);

    /// Leaves pipeline mode and sends a text in the simple protocol; nothing may be under way.
    /// @throws error errc::connection_lost
    void send_simple(std::string const& sql);
    /// The next result in the simple protocol. Null: if is_busy(), more bytes are needed, else
    /// everything has been read.
    pg_result_handle next_result() noexcept;
    bool is_busy() const noexcept { return PQisBusy(connection_.get()) == 1; }
    /// Back to pipeline mode, once everything has been read. @throws error errc::connection_lost
    void resume_pipeline();

    /// COPY to the server. @throws error errc::connection_lost
    void put_copy_data(std::span<char const> bytes);
    /// Ends it; with a reason, it fails on the server.
    void put_copy_end(char const* reason);
    /// Whether the server has sent an error while COPY data goes out, as far as can be seen.
    bool copy_was_refused() const noexcept { return copy_refused_; }
    /// COPY from the server. @return a row; without bytes, more of them are needed, or it is over
    struct copy_piece {
        pg_memory bytes;
        std::size_t size = 0;
        bool over = false;
    };
    copy_piece get_copy_data();

    /// The error of a result that failed.
    static std::exception_ptr error_of(PGresult const* result, segment_answer& answer);

    /// The server's state, exact while no further segment is under way.
    transaction_state state() const noexcept;

    PGconn* handle() const noexcept { return connection_.get(); }
    int socket() const noexcept { return PQsocket(connection_.get()); }
    int backend_pid() const noexcept { return PQbackendPID(connection_.get()); }
    std::string parameter_status(char const* name) const;
    std::string message() const;

    /// Notices and notifications that came since the last call.
    std::vector<sql_diagnostics> take_notices() noexcept { return std::exchange(notices_, {}); }
    std::vector<notification> take_notifications() noexcept {
        return std::exchange(notifications_, {});
    }
    /// Whether notifications are wanted; they are dropped otherwise.
    void keep_notifications(bool keep) noexcept { keeps_notifications_ = keep; }

private:
    static void keep_notice(void* self, PGresult const* notice) noexcept;
    bool send_item(segment_item const& item);
    void accept(pg_result_handle result,
                segment const& segment,
                segment_answer& answer,
                binding& binding,
                row_buffer* rows);
    void stream_if_statement(segment const& segment, std::size_t item) noexcept;
    bool is_encrypted() const noexcept;
    bool consume_decrypted() noexcept;
    void collect_notifications() noexcept;
    void look_for_refusal() noexcept;
    [[noreturn]] void throw_lost() const;

    pg_connection connection_;
    std::vector<sql_diagnostics> notices_;
    std::vector<notification> notifications_;
    bool keeps_notifications_ = false;
    bool copies_in_ = false;
    bool copy_refused_ = false;
};

} // namespace copg::detail
