// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/oid.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct pg_result; // libpq's

namespace copg {

/// One value of a result, untyped. Lifetime: a view; it must not outlive its result.
struct field {
    std::string_view bytes; ///< in binary format unless the statement asked for text
    oid type{};
    bool null = false;
    bool binary = true;
};

/// What a statement returned: all its rows, in memory that it owns.
/// Thread safety: distinct objects are safe; shared objects may be read from several threads.
class COPG_API result {
public:
    result() noexcept;
    /// Takes over libpq's object.
    explicit result(pg_result* owned) noexcept;
    /// The same for what describes a statement: no rows, and columns as they come when it is run,
    /// in binary format.
    static result of_description(pg_result* owned) noexcept;

    std::size_t size() const noexcept { return rows_; }
    bool empty() const noexcept { return rows_ == 0; }
    std::size_t columns() const noexcept { return columns_; }

    /// @pre column < columns()
    std::string_view column_name(std::size_t column) const noexcept;
    /// @pre column < columns()
    oid column_type(std::size_t column) const noexcept;

    /// Whether a column came in binary format: always, but for sql::text_results().
    /// @pre column < columns()
    bool is_binary(std::size_t column) const noexcept;

    /// @pre row < size() && column < columns()
    field at(std::size_t row, std::size_t column) const noexcept;

    /// The bytes of a value alone; data() is null for NULL.
    /// @pre row < size() && column < columns()
    std::string_view bytes(std::size_t row, std::size_t column) const noexcept;

    /// The server's command tag: `SELECT 3`, `INSERT 0 1` (PostgreSQL manual, 55.7).
    std::string_view command_tag() const noexcept;

    /// The number in the command tag: rows selected, inserted, updated, deleted …; 0 without one.
    std::uint64_t rows_affected() const noexcept;

private:
    struct deleter {
        void operator()(pg_result* owned) const noexcept;
    };

    std::unique_ptr<pg_result, deleter> handle_;
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    bool description_ = false;
};

/// What a statement did, without its rows.
struct command_result {
    std::uint64_t rows_affected = 0;
    std::string tag;

    command_result() = default;
    explicit command_result(result const& rows)
        : rows_affected{rows.rows_affected()}, tag{rows.command_tag()} {}
};

} // namespace copg
