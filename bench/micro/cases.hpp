// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "micro/comparison.hpp"
#include "micro/plain_connection.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace copg::micro {

/// The cases by the names of the command line, in the order of the table.
std::vector<std::string> case_names();

/// The comparisons of one case; each holds connections of its own.
std::vector<comparison>
make_case(std::string const& name, std::string const& dsn, amount const& how_much);

// One file for each kind of work.
std::vector<comparison> acquire_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> select_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> rows_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> stream_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> copy_in_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> copy_out_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> batch_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> tenant_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> scope_case(std::string const& dsn, amount const& how_much);
std::vector<comparison> limit_case(std::string const& dsn, amount const& how_much);

constexpr char const* with_pipeline = "libpq, pipeline mode";
constexpr char const* without_pipeline = "libpq, no pipeline mode";
constexpr char const* with_asio = "libpq, Asio waits for it";

/// The select of one number by its key, and the connection of plain libpq that has it prepared.
std::string select_sql(bool qualified = true);
std::shared_ptr<plain_connection> prepared_select(std::string const& dsn);

/// How often the sides take turns over that many statements: every hundred.
constexpr std::size_t statements_of_a_turn = 100;
constexpr std::size_t slices_of(std::size_t statements) noexcept {
    return statements < statements_of_a_turn ? 1 : statements / statements_of_a_turn;
}

/// The selects with plain libpq in a coroutine of Asio; adds what it has seen to *sum.
side asio_select(std::string const& dsn, std::size_t rows, std::shared_ptr<double> const& sum);

/// Sends the select with its one parameter.
void send_select(plain_connection& on, std::int32_t id);
/// The number that the next result holds.
std::int64_t receive_number(plain_connection& on);

} // namespace copg::micro
