// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>

namespace copg {
namespace {

class category final : public std::error_category {
public:
    char const* name() const noexcept override { return "copg"; }

    std::string message(int value) const override { return text(static_cast<errc>(value)); }

private:
    static char const* text(errc code) noexcept {
        switch (code) {
        case errc::invalid_dsn:
            return "invalid connection string";
        case errc::invalid_configuration:
            return "invalid configuration";
        case errc::invalid_session:
            return "invalid session";
        case errc::tenant_not_found:
            return "tenant pool not found";
        case errc::name_not_found:
            return "named pool not found";
        case errc::connect_failed:
            return "connect failed";
        case errc::connect_timeout:
            return "connect timed out";
        case errc::connection_lost:
            return "connection lost";
        case errc::statement_in_doubt:
            return "statement in doubt";
        case errc::query_timeout:
            return "query timed out";
        case errc::deadline_exceeded:
            return "deadline exceeded";
        case errc::connection_busy:
            return "connection busy";
        case errc::acquire_timeout:
            return "acquire timed out";
        case errc::queue_full:
            return "queue full";
        case errc::nested_acquire:
            return "nested acquire";
        case errc::pool_closed:
            return "pool closed";
        case errc::lease_released:
            return "lease released";
        case errc::no_row:
            return "no row";
        case errc::several_rows:
            return "several rows";
        case errc::type_mismatch:
            return "type mismatch";
        case errc::unexpected_null:
            return "unexpected NULL";
        case errc::value_out_of_range:
            return "value out of range";
        case errc::empty_query:
            return "empty query";
        case errc::unsupported_statement:
            return "unsupported statement";
        case errc::batch_aborted:
            return "batch aborted";
        case errc::protocol_error:
            return "protocol error";
        case errc::transaction_aborted:
            return "transaction aborted";
        case errc::transaction_in_doubt:
            return "transaction in doubt";
        case errc::failed_after_commit:
            return "failed after the transaction was committed";
        case errc::scope_unbound:
            return "the scope has no database yet";
        case errc::scope_ended:
            return "scope ended";
        case errc::scope_conflict:
            return "scope conflict";
        case errc::unsupported_database:
            return "unsupported database";
        case errc::not_sql_database:
            return "not an SQL database";
        case errc::not_mongodb:
            return "not MongoDB";
        case errc::identifier_conflict:
            return "identifier conflict";
        case errc::manager_closed:
            return "manager closed";
        case errc::no_default_connection:
            return "no default connection";
        case errc::no_member_available:
            return "no member available";
        }
        return "unknown copg error";
    }
};

} // namespace

std::error_category const& copg_category() noexcept {
    static category const instance;
    return instance;
}

std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), copg_category()};
}

error::error(std::error_code code, std::string const& message)
    : std::system_error{code}, message_{message} {}

error::error(errc code, std::string const& message) : error{make_error_code(code), message} {}

} // namespace copg
