// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"
#include "driver/copy_exchange.hpp"
#include "driver/perform.hpp"

#include <copg/driver/bound_connection.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace copg::detail {

/// A COPY under way. Under a session and outside a transaction it runs in a transaction of its own,
/// since COPY needs the simple protocol, where no prelude can ride along: BEGIN and the prelude go
/// first, COMMIT after it.
class copy_state {
public:
    /// @param describes  a query with the columns of the COPY, or an empty text
    copy_state(bound_connection bound, statement copy, std::string describes);
    copy_state(copy_state const&) = delete;
    copy_state& operator=(copy_state const&) = delete;
    ~copy_state();

    /// Sends the statement and waits until the server takes or gives data.
    asio::awaitable<void> open(copy_exchange::state wanted);

    /// Hands the buffer to the server; waits while it is behind.
    asio::awaitable<void> drain();
    /// Waits for the verdict, and commits. @return the number of rows
    asio::awaitable<std::uint64_t> finish();
    /// The next piece that has come, good until the next call; nothing: none has.
    std::optional<std::string_view> take();
    /// Waits until take() may have more; false at the end.
    asio::awaitable<bool> wait();

    bool is_binary() const noexcept { return exchange_.is_binary(); }
    /// Without rows; what was to be described.
    result const& columns() const noexcept { return columns_; }

    std::string buffer;      ///< what is to be sent
    bool has_header = false; ///< of the binary format, ours or the caller's
    bool has_rows = false;   ///< ours, so that the trailer is ours too

private:
    asio::awaitable<void> prepare();
    asio::awaitable<void> bind();
    asio::awaitable<void> close(char const* reason);
    asio::awaitable<void> commit();
    asio::awaitable<void> keep_pace();
    asio::awaitable<void> wait_for_more();
    bool put_buffer();
    void check_not_over() const;
    asio::awaitable<void> fail(std::exception_ptr failure);
    connection_impl& connection() const noexcept { return claim_.connection(); }

    std::shared_ptr<void> lent_;
    claim claim_;
    own_transaction transaction_;
    session const session_;
    statement const statement_;
    std::string const describes_;
    result columns_;
    copy_exchange exchange_;
    bool ended_ = false;
    std::vector<wire::copy_piece> pieces_; // taken over from the exchange
    std::size_t taken_ = 0;
    std::exception_ptr failure_;
    std::size_t unsent_ = 0; // handed to libpq and not known to have left it
};

} // namespace copg::detail
