// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/sql_leftovers.hpp"

#include <string_view>

namespace copg::detail {

/// What a statement means for the prelude and for the transaction around it.
enum class statement_kind {
    ordinary,
    begin,             ///< BEGIN, START TRANSACTION
    commit,            ///< COMMIT, END, PREPARE TRANSACTION
    rollback,          ///< ROLLBACK, ABORT
    transaction_point, ///< SAVEPOINT, RELEASE, ROLLBACK TO
    procedure,         ///< CALL, DO: can commit inside
    copy_stream,       ///< COPY … FROM STDIN or TO STDOUT: needs the COPY protocol
    empty,             ///< white space, comments and semicolons only
};

/// Whether it begins or ends a transaction.
constexpr bool is_transaction_control(statement_kind kind) noexcept {
    return kind == statement_kind::begin || kind == statement_kind::commit ||
           kind == statement_kind::rollback;
}

/// Reads the leading keywords, past white space and comments (PostgreSQL manual, 4.1.5).
statement_kind classify(std::string_view sql) noexcept;

/// What the text of a statement tells, read once.
struct sql_traits {
    statement_kind kind = statement_kind::empty;
    aftermath after;
    bool drops_statements = false; ///< prepared ones: DISCARD, DEALLOCATE
};
sql_traits traits_of(std::string_view sql) noexcept;

} // namespace copg::detail
