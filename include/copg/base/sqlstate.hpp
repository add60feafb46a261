// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace copg {

/// Packs the five characters of an SQLSTATE (digits and upper-case letters) into a number.
constexpr int pack_sqlstate(std::string_view text) noexcept {
    int packed = 0;
    for (char const c : text)
        packed = packed * 36 + (c >= '0' && c <= '9' ? c - '0' : c - 'A' + 10);
    return packed;
}

/// The server's error code (PostgreSQL manual, appendix A). The states that programs branch on have
/// a name; any other is written as a literal: `"22P02"_sqlstate`.
enum class sqlstate : int {
    connection_failure = pack_sqlstate("08006"),
    feature_not_supported = pack_sqlstate("0A000"),
    numeric_value_out_of_range = pack_sqlstate("22003"),
    division_by_zero = pack_sqlstate("22012"),
    invalid_parameter_value = pack_sqlstate("22023"),
    invalid_text_representation = pack_sqlstate("22P02"),
    not_null_violation = pack_sqlstate("23502"),
    foreign_key_violation = pack_sqlstate("23503"),
    unique_violation = pack_sqlstate("23505"),
    check_violation = pack_sqlstate("23514"),
    exclusion_violation = pack_sqlstate("23P01"),
    active_sql_transaction = pack_sqlstate("25001"),
    read_only_sql_transaction = pack_sqlstate("25006"),
    no_active_sql_transaction = pack_sqlstate("25P01"),
    in_failed_sql_transaction = pack_sqlstate("25P02"),
    invalid_sql_statement_name = pack_sqlstate("26000"),
    invalid_authorization = pack_sqlstate("28000"),
    invalid_password = pack_sqlstate("28P01"),
    invalid_transaction_termination = pack_sqlstate("2D000"),
    invalid_catalog_name = pack_sqlstate("3D000"),
    invalid_schema_name = pack_sqlstate("3F000"),
    serialization_failure = pack_sqlstate("40001"),
    deadlock_detected = pack_sqlstate("40P01"),
    insufficient_privilege = pack_sqlstate("42501"),
    syntax_error = pack_sqlstate("42601"),
    undefined_column = pack_sqlstate("42703"),
    undefined_function = pack_sqlstate("42883"),
    undefined_table = pack_sqlstate("42P01"),
    duplicate_prepared_statement = pack_sqlstate("42P05"),
    duplicate_table = pack_sqlstate("42P07"),
    too_many_connections = pack_sqlstate("53300"),
    lock_not_available = pack_sqlstate("55P03"),
    query_canceled = pack_sqlstate("57014"),
    admin_shutdown = pack_sqlstate("57P01"),
    crash_shutdown = pack_sqlstate("57P02"),
    cannot_connect_now = pack_sqlstate("57P03"),
};

/// The five characters of a state.
COPG_API std::string to_string(sqlstate state);

/// The category of sqlstate.
COPG_API std::error_category const& sqlstate_category() noexcept;

COPG_API std::error_code make_error_code(sqlstate state) noexcept;

inline namespace literals {

constexpr sqlstate operator""_sqlstate(char const* text, std::size_t size) noexcept {
    return static_cast<sqlstate>(pack_sqlstate({text, size}));
}

} // namespace literals
} // namespace copg

template <>
struct std::is_error_code_enum<copg::sqlstate> : std::true_type {};
