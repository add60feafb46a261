// SPDX-License-Identifier: BSL-1.0
#include "driver/server_messages.hpp"

#include <cstdlib>

namespace copg::detail {
namespace {

std::string text_of(PGresult const* result, int field) {
    auto const* text = PQresultErrorField(result, field);
    return text == nullptr ? std::string{} : std::string{text};
}

} // namespace

std::string one_line(std::string_view text) {
    std::string line;
    for (char const c : text) {
        auto const blank = c == '\n' || c == '\t' || c == ' ';
        if (!blank)
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    if (!line.empty() && line.back() == ' ')
        line.pop_back();
    return line;
}

sql_diagnostics diagnostics_of(PGresult const* result) {
    sql_diagnostics fields;
    auto const state = text_of(result, PG_DIAG_SQLSTATE);
    fields.state = static_cast<sqlstate>(pack_sqlstate(state));
    fields.severity = text_of(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    fields.message = text_of(result, PG_DIAG_MESSAGE_PRIMARY);
    fields.detail = text_of(result, PG_DIAG_MESSAGE_DETAIL);
    fields.hint = text_of(result, PG_DIAG_MESSAGE_HINT);
    fields.context = text_of(result, PG_DIAG_CONTEXT);
    fields.schema = text_of(result, PG_DIAG_SCHEMA_NAME);
    fields.table = text_of(result, PG_DIAG_TABLE_NAME);
    fields.column = text_of(result, PG_DIAG_COLUMN_NAME);
    fields.data_type = text_of(result, PG_DIAG_DATATYPE_NAME);
    fields.constraint = text_of(result, PG_DIAG_CONSTRAINT_NAME);
    fields.routine = text_of(result, PG_DIAG_SOURCE_FUNCTION);
    fields.position = std::atoi(text_of(result, PG_DIAG_STATEMENT_POSITION).c_str());
    if (fields.message.empty())
        fields.message = one_line(PQresultErrorMessage(result));
    return fields;
}

std::string last_message(PGconn const* connection) {
    return one_line(PQerrorMessage(connection));
}

std::string advice_for(sqlstate state) {
    switch (state) {
    case sqlstate::no_active_sql_transaction:
        return "outside a transaction each statement stands alone: use copg::transaction()";
    case sqlstate::invalid_transaction_termination:
        return "a procedure or DO block that commits cannot run under a tenant's session, since "
               "the commit would end the session half-way: run it through a session-less lease";
    default:
        return {};
    }
}

} // namespace copg::detail
