// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <libpq-fe.h>

#include <memory>

namespace copg::detail {

struct pg_connection_deleter {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using pg_connection = std::unique_ptr<PGconn, pg_connection_deleter>;

struct pg_result_deleter {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using pg_result_handle = std::unique_ptr<PGresult, pg_result_deleter>;

struct pg_memory_deleter {
    void operator()(void* memory) const noexcept { PQfreemem(memory); }
};
using pg_memory = std::unique_ptr<char, pg_memory_deleter>;
using pg_notification = std::unique_ptr<PGnotify, pg_memory_deleter>;

} // namespace copg::detail
