// SPDX-License-Identifier: BSL-1.0
#include "micro/item.hpp"

#include "micro/plain_connection.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <endian.h>
#include <stdexcept>

namespace copg::micro {
namespace {

std::uint64_t get64(char const* bytes) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return be64toh(value);
}

std::uint32_t get32(char const* bytes) noexcept {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return be32toh(value);
}

template <class T>
void put(T big_endian, std::string& out) {
    char bytes[sizeof big_endian];
    std::memcpy(bytes, &big_endian, sizeof big_endian);
    out.append(bytes, sizeof bytes);
}

void put_length(std::size_t length, std::string& out) {
    put(htobe32(static_cast<std::uint32_t>(length)), out);
}

} // namespace

char const* const schema = "copg_micro";

void make_tables(std::string const& dsn, std::size_t rows) {
    plain_connection on{dsn};
    drop_tables(dsn);
    constexpr auto columns = "id int4 {} not null, number int8 not null, label text not null, "
                             "ratio float8 not null";
    on.run(fmt::format("create schema {}", schema));
    on.run(fmt::format("create unlogged table {}.items ({})",
                       schema,
                       fmt::format(fmt::runtime(columns), "primary key")));
    on.run(fmt::format(
        "create unlogged table {}.target ({})", schema, fmt::format(fmt::runtime(columns), "")));
    on.run(fmt::format("insert into {}.items select i, i * 1000000007::int8, "
                       "left(md5(i::text), 20), i / 7::float8 from generate_series(1, {}) i",
                       schema,
                       rows));
    on.run(fmt::format("vacuum analyze {}.items", schema));
}

void drop_tables(std::string const& dsn) {
    plain_connection{dsn}.run(
        fmt::format("set client_min_messages = warning; drop schema if exists {} cascade", schema));
}

std::int32_t id_of(std::size_t n, std::size_t rows) noexcept {
    constexpr std::size_t stride = 7'919; // a prime: neighbours lie on different pages
    return static_cast<std::int32_t>(1 + n * stride % rows);
}

item nth_item(std::size_t n) {
    auto const id = static_cast<std::int32_t>(n);
    return {id, std::int64_t{id} * 1'000'000'007, std::string(20, 'x'), id / 7.0};
}

double checksum(item const& seen) noexcept {
    return seen.id + static_cast<double>(seen.number % 1'000) +
           static_cast<double>(seen.label.size()) + seen.ratio;
}

void expect_equal(double wanted, double got) {
    if (wanted != got)
        throw std::logic_error{fmt::format("a side saw {}, not {}", got, wanted)};
}

std::int64_t integer_of(PGresult const* from, int row, int column) noexcept {
    return static_cast<std::int64_t>(get64(PQgetvalue(from, row, column)));
}

item item_of(PGresult const* from, int row) {
    return {
        static_cast<std::int32_t>(get32(PQgetvalue(from, row, 0))),
        integer_of(from, row, 1),
        std::string(PQgetvalue(from, row, 2), static_cast<std::size_t>(PQgetlength(from, row, 2))),
        std::bit_cast<double>(get64(PQgetvalue(from, row, 3)))};
}

void write_item(item const& row, std::string& out) {
    put(htobe16(4), out);
    put_length(sizeof row.id, out);
    put(htobe32(static_cast<std::uint32_t>(row.id)), out);
    put_length(sizeof row.number, out);
    put(htobe64(static_cast<std::uint64_t>(row.number)), out);
    put_length(row.label.size(), out);
    out += row.label;
    put_length(sizeof row.ratio, out);
    put(htobe64(std::bit_cast<std::uint64_t>(row.ratio)), out);
}

} // namespace copg::micro
