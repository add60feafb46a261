// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/types/array_wire.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace copg::detail {
namespace {

constexpr std::int64_t largest_index = std::numeric_limits<std::int32_t>::max();

/// What a type of the user's is, only its values tell.
[[noreturn]] void throw_not_an_array(oid column) {
    if (is_user_defined(column))
        throw error{errc::type_mismatch, to_string(column) + " is not an array"};
    throw_malformed("this is not an array");
}

} // namespace

array_header take_array_header(byte_reader& in, oid column) {
    constexpr std::size_t smallest_array = 3 * sizeof(std::uint32_t);
    if (in.left() < smallest_array)
        throw_not_an_array(column);
    array_header header;
    header.rank = in.take<std::uint32_t>();
    auto const flags = in.take<std::uint32_t>();
    header.element = static_cast<oid>(in.take<std::uint32_t>());
    if (header.rank > most_dimensions || flags > 1)
        throw_not_an_array(column);
    if (header.rank == 0)
        return header;
    constexpr std::size_t smallest_element = sizeof(std::int32_t);
    auto const most = in.left() / smallest_element;
    header.count = 1;
    for (std::uint32_t i = 0; i < header.rank; ++i) {
        auto& dimension = header.dimensions[i];
        dimension.size = in.take_int32();
        dimension.lower_bound = in.take_int32();
        if (dimension.size <= 0 || static_cast<std::size_t>(dimension.size) > most / header.count)
            throw_malformed("an array with fewer elements than it says");
        header.count *= static_cast<std::size_t>(dimension.size);
    }
    if (header.count > in.left() / smallest_element)
        throw_malformed("an array with fewer elements than it says");
    return header;
}

void put_array_header(array_dimension const* dimensions,
                      std::size_t rank,
                      bool nullable,
                      oid element,
                      std::string& out) {
    put(static_cast<std::uint32_t>(rank), out);
    put(std::uint32_t{nullable}, out);
    put(static_cast<std::uint32_t>(element), out);
    for (std::size_t i = 0; i < rank; ++i) {
        put(static_cast<std::uint32_t>(dimensions[i].size), out);
        put(static_cast<std::uint32_t>(dimensions[i].lower_bound), out);
    }
}

void throw_several_dimensions(std::size_t rank) {
    throw error{
        errc::type_mismatch,
        fmt::format("the array has {} dimensions, std::vector holds one; use copg::array", rank)};
}

void check_dimensions(array_dimension const* dimensions, std::size_t rank, std::size_t values) {
    if (rank > most_dimensions)
        throw_out_of_range("an array has at most six dimensions");
    std::size_t count = rank == 0 ? 0 : 1;
    for (std::size_t i = 0; i < rank; ++i) {
        auto const& [size, lower_bound] = dimensions[i];
        if (size <= 0 || static_cast<std::size_t>(size) > values / std::max(count, std::size_t{1}))
            throw_out_of_range("the dimensions of an array do not fit its values");
        if (lower_bound > largest_index - size)
            throw_out_of_range("the indices of an array");
        count *= static_cast<std::size_t>(size);
    }
    if (count != values)
        throw_out_of_range("the dimensions of an array do not fit its values");
}

array_dimension one_dimension(std::size_t size) {
    if (size > static_cast<std::size_t>(largest_index))
        throw_out_of_range("an array of 2^31 elements or more");
    return {static_cast<std::int32_t>(size), 1};
}

void append_quoted(std::string_view text, std::string& out) {
    out += '"';
    for (char const c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    out += '"';
}

array_literal::array_literal(array_dimension const* dimensions, std::size_t rank, std::string& out)
    : dimensions_{dimensions}, rank_{rank}, out_{out} {
    auto const* const end = dimensions + rank;
    if (std::all_of(dimensions, end, [](auto const& d) { return d.lower_bound == 1; }))
        return;
    for (auto const* d = dimensions; d != end; ++d)
        fmt::format_to(std::back_inserter(out_),
                       "[{}:{}]",
                       d->lower_bound,
                       std::int64_t{d->lower_bound} + d->size - 1);
    out_ += '=';
}

// Opens a brace for each dimension that starts anew with this element.
void array_literal::open() {
    auto depth = rank_;
    while (depth > 0 && index_[depth - 1] == 0)
        --depth;
    if (depth > 0)
        out_ += ',';
    out_.append(rank_ - depth, '{');
}

void array_literal::close() {
    for (auto depth = rank_; depth > 0; --depth) {
        if (++index_[depth - 1] < dimensions_[depth - 1].size)
            return;
        index_[depth - 1] = 0;
        out_ += '}';
    }
}

void array_literal::add(std::string_view text) {
    open();
    append_quoted(text, out_);
    close();
}

void array_literal::add_null() {
    open();
    out_ += "NULL";
    close();
}

void array_literal::finish() {
    if (rank_ == 0)
        out_ += "{}";
}

} // namespace copg::detail
