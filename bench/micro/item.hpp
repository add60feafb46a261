// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace copg::micro {

/// A row of the table that all cases read or write.
struct item {
    std::int32_t id;
    std::int64_t number;
    std::string label; ///< 20 bytes
    double ratio;
};

/// The schema of the table `items`, and of the empty table `target` of the same columns.
extern char const* const schema;

void make_tables(std::string const& dsn, std::size_t rows);
void drop_tables(std::string const& dsn);

/// Which row the nth statement asks for.
std::int32_t id_of(std::size_t n, std::size_t rows) noexcept;
/// The nth row that is written.
item nth_item(std::size_t n);

/// For proving that both sides have seen the same.
double checksum(item const& seen) noexcept;
/// @throws std::logic_error unless equal
void expect_equal(double wanted, double got);

/// The values by hand, out of a result in binary format.
std::int64_t integer_of(PGresult const* from, int row, int column) noexcept;
item item_of(PGresult const* from, int row);
/// Appends a row in the binary format of COPY, by hand.
void write_item(item const& row, std::string& out);

} // namespace copg::micro
