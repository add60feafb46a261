// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/row.hpp>
#include <copg/driver/statement.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace copg {

/// Statements that travel in one flush. See query_functions::pipeline.
class COPG_API batch {
public:
    enum class mode {
        independent, ///< each commits or fails by itself
        atomic,      ///< all of them or nothing
    };

    explicit batch(mode how = mode::independent) noexcept : mode_{how} {}

    /// Adds a statement; BEGIN, COMMIT and the like, CALL, DO and COPY are refused when it is sent.
    /// @throws error errc::value_out_of_range as statement does
    template <class... Parameters>
    batch& add(sql text, Parameters const&... parameters) {
        statements_.emplace_back(text, parameters...);
        return *this;
    }

    mode how() const noexcept { return mode_; }
    std::vector<statement> const& statements() const noexcept { return statements_; }
    std::size_t size() const noexcept { return statements_.size(); }

private:
    mode mode_;
    std::vector<statement> statements_;
};

/// What became of one statement of a batch. Thread safety: distinct objects are safe.
class COPG_API outcome {
public:
    outcome() = default;
    explicit outcome(result rows) noexcept : rows_{std::move(rows)} {}
    explicit outcome(std::exception_ptr failure) noexcept : failure_{std::move(failure)} {}

    bool failed() const noexcept { return failure_ != nullptr; }
    /// Null when it succeeded.
    std::exception_ptr const& failure() const noexcept { return failure_; }

    /// What the statement returned. @throws what it failed with
    result const& rows() const {
        if (failure_)
            std::rethrow_exception(failure_);
        return rows_;
    }
    /// All its rows, each as read_row<T> gives it. @throws what it failed with, as read_row
    template <class T>
    std::vector<T> fetch() const {
        std::vector<T> values;
        values.reserve(rows().size());
        for (std::size_t row = 0; row < rows_.size(); ++row)
            values.push_back(read_row<T>(rows_, row));
        return values;
    }

private:
    result rows_;
    std::exception_ptr failure_;
};

} // namespace copg
