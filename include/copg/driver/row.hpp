// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/row_shape.hpp>

namespace copg {

/// Reads the rows of one result as Ts. The columns are checked once, when it is made. Lifetime: it
/// refers to the result.
template <class T>
class row_decoder {
public:
    /// @throws error errc::type_mismatch when the number, a name or a type of the columns does not
    ///         fit T; the message names column and both types
    explicit row_decoder(result const& rows)
        : rows_{rows}, columns_{detail::row_shape<T>::find(rows)} {}

    /// @pre row < rows.size()
    /// @throws error errc::unexpected_null, errc::value_out_of_range, errc::protocol_error, and
    ///         errc::type_mismatch for what is inside arrays and composites
    T operator()(std::size_t row) const { return (*this)(rows_, row); }

    /// The same for another result of the same statement.
    T operator()(result const& rows, std::size_t row) const {
        return detail::row_shape<T>::read(columns_, rows, row);
    }

private:
    result const& rows_;
    typename detail::row_shape<T>::columns columns_;
};

/// One row as a T:
/// - a type with a codec or an optional of one: the only column;
/// - a tuple, or an aggregate: the columns in order;
/// - a struct described with BOOST_DESCRIBE_STRUCT: by name. Each public member takes the one
/// column
///   of exactly its name; a column that is missing, there twice or without a member is an error.
/// @pre row < rows.size()
/// @throws error as row_decoder does
template <class T>
T read_row(result const& rows, std::size_t row) {
    return row_decoder<T>{rows}(row);
}

} // namespace copg
