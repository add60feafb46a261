// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/error.hpp>
#include <copg/base/sqlstate.hpp>

#include <memory>
#include <string>

namespace copg {

/// The fields of a server's ErrorResponse or NoticeResponse (PostgreSQL manual, 55.8 "Error and
/// Notice Message Fields"). A field that the server did not send is empty. The texts are the
/// server's: they can hold what users put into their SQL.
struct sql_diagnostics {
    sqlstate state{};
    std::string severity; ///< not localised: ERROR, FATAL, PANIC, WARNING, NOTICE …
    std::string message;
    std::string detail;
    std::string hint;
    std::string context;
    std::string schema;
    std::string table;
    std::string column;
    std::string data_type;
    std::string constraint;
    std::string routine;
    int position = 0; ///< character of the statement, counted from 1; 0 when unknown
};

/// An error that the server reported. code() is its sqlstate.
/// Thread safety: immutable; copying does not throw.
class COPG_API sql_error : public error {
public:
    /// @param advice  what copg knows beyond the server's message; appended to what()
    explicit sql_error(sql_diagnostics diagnostics, std::string const& advice = {});

    sqlstate state() const noexcept { return diagnostics_->state; }
    std::string const& severity() const noexcept { return diagnostics_->severity; }
    std::string const& message() const noexcept { return diagnostics_->message; }
    std::string const& detail() const noexcept { return diagnostics_->detail; }
    std::string const& hint() const noexcept { return diagnostics_->hint; }
    std::string const& context() const noexcept { return diagnostics_->context; }
    std::string const& schema() const noexcept { return diagnostics_->schema; }
    std::string const& table() const noexcept { return diagnostics_->table; }
    std::string const& column() const noexcept { return diagnostics_->column; }
    std::string const& data_type() const noexcept { return diagnostics_->data_type; }
    std::string const& constraint() const noexcept { return diagnostics_->constraint; }
    std::string const& routine() const noexcept { return diagnostics_->routine; }
    int position() const noexcept { return diagnostics_->position; }

private:
    std::shared_ptr<sql_diagnostics const> diagnostics_; // copies without throwing
};

} // namespace copg
