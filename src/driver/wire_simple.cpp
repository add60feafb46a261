// SPDX-License-Identifier: BSL-1.0
#include "driver/wire.hpp"

#include <algorithm>
#include <sys/socket.h>

// The simple protocol, for what pipeline mode cannot do: scripts and COPY (manual, 34.5).
namespace copg::detail {

void wire::send_simple(std::string const& sql) {
    if (PQexitPipelineMode(connection_.get()) != 1 ||
        PQsendQuery(connection_.get(), sql.c_str()) != 1)
        throw_lost();
}

pg_result_handle wire::next_result() noexcept {
    if (is_busy())
        return nullptr;
    return pg_result_handle{PQgetResult(connection_.get())};
}

void wire::resume_pipeline() {
    if (PQenterPipelineMode(connection_.get()) != 1)
        throw_lost();
}

void wire::put_copy_data(std::span<char const> bytes) {
    copies_in_ = true;
    look_for_refusal();
    constexpr std::size_t piece = std::size_t{1} << 28; // a message counts its bytes in an int32
    while (!bytes.empty()) {
        auto const part = bytes.first(std::min(piece, bytes.size()));
        if (PQputCopyData(connection_.get(), part.data(), static_cast<int>(part.size())) != 1)
            throw_lost();
        bytes = bytes.subspan(part.size());
    }
}

void wire::put_copy_end(char const* reason) {
    copies_in_ = false;
    copy_refused_ = false;
    if (PQputCopyEnd(connection_.get(), reason) != 1)
        throw_lost();
}

// libpq leaves an error in its buffer for as long as data goes out (fe-protocol3.c), so it must be
// seen on the socket: there a server sends notices, and an error when it has given up. One that is
// encrypted, or that libpq takes in while it sends, is found at the end: until then the server
// passes over what it gets.
void wire::look_for_refusal() noexcept {
    char first = 0;
    if (!is_encrypted() && ::recv(socket(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
        copy_refused_ = copy_refused_ || first == 'E';
}

wire::copy_piece wire::get_copy_data() {
    char* bytes = nullptr;
    auto const size = PQgetCopyData(connection_.get(), &bytes, 1);
    copy_piece piece;
    piece.bytes.reset(bytes);
    if (size > 0)
        piece.size = static_cast<std::size_t>(size);
    piece.over = size < 0;
    return piece;
}

} // namespace copg::detail
