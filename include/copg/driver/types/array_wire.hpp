// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/byte_reader.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace copg {

/// One dimension of an array: how many indices it has and the first of them.
struct array_dimension {
    std::int32_t size = 0;
    std::int32_t lower_bound = 1;

    friend bool operator==(array_dimension const&, array_dimension const&) = default;
};

namespace detail {

constexpr std::size_t most_dimensions = 6; // MAXDIM of src/include/utils/array.h

/// What stands before the elements.
struct array_header {
    std::array<array_dimension, most_dimensions> dimensions;
    std::uint32_t rank = 0;
    oid element{};
    std::size_t count = 0; ///< of elements; never more than can follow
};

COPG_API array_header take_array_header(byte_reader& in, oid column);
COPG_API void put_array_header(array_dimension const* dimensions,
                               std::size_t rank,
                               bool nullable,
                               oid element,
                               std::string& out);
[[noreturn]] COPG_API void throw_several_dimensions(std::size_t rank);
COPG_API void
check_dimensions(array_dimension const* dimensions, std::size_t rank, std::size_t values);
COPG_API array_dimension one_dimension(std::size_t size);

/// Puts a value between double quotes, `"` and `\` escaped by a backslash.
COPG_API void append_quoted(std::string_view text, std::string& out);

/// Writes `{{"a",NULL},{"b","c"}}`: as many elements as the dimensions say are added one by one.
class COPG_API array_literal {
public:
    array_literal(array_dimension const* dimensions, std::size_t rank, std::string& out);

    void add(std::string_view text);
    void add_null();
    void finish();

private:
    void open();
    void close();

    array_dimension const* dimensions_;
    std::size_t rank_;
    std::string& out_;
    std::array<std::int32_t, most_dimensions> index_{};
};

} // namespace detail
} // namespace copg
