// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/binding.hpp"

#include <copg/base/error.hpp>
#include <copg/base/sqlstate.hpp>
#include <copg/driver/result.hpp>
#include <copg/driver/statement.hpp>

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <vector>

namespace copg::detail {

struct cached_statement;

/// Parameters in the shape that libpq takes: one array for each property.
class wire_parameters {
public:
    wire_parameters() = default;
    explicit wire_parameters(statement const& statement);

    void add_text(char const* value);

    int count() const noexcept { return static_cast<int>(values_.size()); }
    unsigned const* types() const noexcept { return types_.data(); }
    char const* const* values() const noexcept { return values_.data(); }
    int const* lengths() const noexcept { return lengths_.data(); }
    int const* formats() const noexcept { return formats_.data(); }

private:
    void add(unsigned type, char const* value, int length, bool binary);

    template <class T>
    using array = boost::container::small_vector<T, 6>;

    array<unsigned> types_;
    array<char const*> values_;
    array<int> lengths_;
    array<int> formats_;
};

/// One message group of a segment. The texts must outlive the sending.
struct segment_item {
    enum class action { run_sql, prepare, run_prepared, describe, close };

    action what;
    step purpose;
    char const* name; ///< of the prepared statement
    char const* sql;
    wire_parameters const* parameters;
    cached_statement* cached = nullptr; ///< what `name` is the name of
    bool text_results = false;
};

/// The one primitive of the driver: statements that are sent in one flush, ended by one Sync and
/// answered as a whole. Outside an explicit transaction they are one implicit transaction, in which
/// an item that fails skips the rest.
struct segment {
    boost::container::small_vector<segment_item, 5> items;
    result* reply = nullptr;                 ///< takes the rows of step::question
    errc on_loss = errc::statement_in_doubt; ///< what losing the connection after sending means
    std::chrono::milliseconds limit{0};      ///< the statement timeout that it sets
    std::size_t checked_schemas = 0;         ///< hash of what its prelude proves to exist, or 0
    bool drops_statements = false;           ///< whatever was prepared is gone behind it
    bool is_reset = false;                   ///< the reset between two borrowers
    bool binds_session = false;              ///< settings hold for the whole connection behind it
    bool unbinds_session = false;            ///< they do not any more
};

/// What came back for a segment.
struct segment_answer {
    result rows;     ///< of step::statement
    std::string tag; ///< of the last item with step::statement or step::commit
    std::vector<result>* collects = nullptr; ///< if set, takes the rows of each step::statement
    std::exception_ptr error;                ///< the first one, or null
    sqlstate state{};                        ///< of the error, when it is the server's
    bool stale_plan = false;      ///< the error says that a prepared plan does not fit any more
    std::size_t failed_item = 0;  ///< items.size() when the error came after the last item
    std::size_t current_item = 0; ///< while reading
    bool item_answered = false;   ///< while reading: the current item's result came

    bool failed() const noexcept { return error != nullptr; }
};

} // namespace copg::detail
