// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace copg::micro {

struct result_deleter {
    void operator()(PGresult* owned) const noexcept { PQclear(owned); }
};
using plain_result = std::unique_ptr<PGresult, result_deleter>;

/// A nonblocking connection as a program would use libpq by hand: poll() is all that waits.
/// Everything throws std::runtime_error with libpq's words.
class plain_connection {
public:
    explicit plain_connection(std::string const& dsn);

    PGconn* get() const noexcept { return handle_.get(); }

    /// Runs SQL without rows, before pipeline mode.
    void run(std::string const& sql);
    /// Prepares a statement, before pipeline mode.
    void prepare(char const* name, std::string const& sql);
    void enter_pipeline();

    /// Throws unless a call of libpq has returned 1.
    void check(int returned) const;
    /// Ends a segment of a pipeline.
    void sync();
    /// Sends what is queued, and waits until it has gone out.
    void flush();
    /// Waits for bytes of the server, and takes them in.
    void receive();
    /// The next result, which may be null: the end of a statement. @throws what the server says
    plain_result next();
    /// Passes over results up to the end of the pipeline's segment.
    void skip_to_sync();

private:
    struct deleter {
        void operator()(PGconn* owned) const noexcept { PQfinish(owned); }
    };

    [[noreturn]] void fail() const;

    std::unique_ptr<PGconn, deleter> handle_;
};

} // namespace copg::micro
