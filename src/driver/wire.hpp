// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/binding.hpp"
#include "driver/pg_handles.hpp"
#include "driver/segment.hpp"

#include <copg/base/sql_error.hpp>

#include <string>
#include <utility>
#include <vector>

namespace copg::detail {

/// A connected PGconn in nonblocking pipeline mode: sends segments and reads their answers, and
/// never waits. Not thread-safe; whoever owns it serialises.
class wire {
public:
    /// Takes over an established connection. @throws error errc::connect_failed
    explicit wire(pg_connection connection);

    /// Queues a segment and its Sync, and hands libpq's buffer to the kernel as far as that takes
    /// it. @throws error errc::connection_lost
    void send(segment const& segment);

    enum class flushed { all, partly, lost };
    /// Tries to send what is still buffered.
    flushed flush() noexcept;

    /// Takes in what the kernel has; false when the connection is lost.
    bool consume() noexcept;

    /// Reads on in the answer of the oldest segment; true once its ReadyForQuery is in. Tells the
    /// binding what succeeded.
    /// @throws error errc::unsupported_statement; the connection cannot be used any more
    bool read(segment const& segment, segment_answer& answer, binding& binding);

    /// After a loss: reads the server's last words into the answer of the segment under way.
    void read_last_words(segment_answer& answer);

    /// The server's state, exact while no further segment is under way.
    transaction_state state() const noexcept;

    int socket() const noexcept { return PQsocket(connection_.get()); }
    int backend_pid() const noexcept { return PQbackendPID(connection_.get()); }
    std::string parameter_status(char const* name) const;
    std::string message() const;

    /// Notices that came since the last call.
    std::vector<sql_diagnostics> take_notices() noexcept { return std::exchange(notices_, {}); }

private:
    static void keep_notice(void* self, PGresult const* notice) noexcept;
    bool send_item(segment_item const& item) noexcept;
    void accept(pg_result_handle result,
                segment const& segment,
                segment_answer& answer,
                binding& binding);
    bool is_encrypted() const noexcept;
    bool consume_decrypted() noexcept;
    void drop_notifications() noexcept;

    pg_connection connection_;
    std::vector<sql_diagnostics> notices_;
};

} // namespace copg::detail
