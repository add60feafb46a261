// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <source_location>
#include <string_view>

namespace copg {

/// The text of one SQL statement as the query functions take it, made from any text, with what
/// holds for this one execution:
///
///     co_await db.fetch<user>(copg::sql{"select …"}.timeout(2s), id);
///
/// Remembers where in the program it was made, for messages. Lifetime: a view of the text.
class sql {
public:
    template <class Text>
        requires std::convertible_to<Text const&, std::string_view>
    constexpr sql(Text const& text,
                  std::source_location where = std::source_location::current()) noexcept
        : text_{text}, where_{where} {}

    /// The time from sending to the answer; afterwards the caller gets errc::query_timeout, and the
    /// server stops the statement. 0: no bound. By default that of the connect_options.
    constexpr sql timeout(std::chrono::milliseconds bound) const noexcept {
        auto copy = *this;
        copy.timeout_ = bound;
        return copy;
    }

    /// Asks for the columns in text format: then std::string reads a column of any type, and
    /// nothing else reads one.
    constexpr sql text_results() const noexcept {
        auto copy = *this;
        copy.text_results_ = true;
        return copy;
    }

    constexpr std::string_view text() const noexcept { return text_; }
    constexpr std::source_location const& where() const noexcept { return where_; }
    constexpr std::optional<std::chrono::milliseconds> timeout() const noexcept { return timeout_; }
    constexpr bool wants_text() const noexcept { return text_results_; }

private:
    std::string_view text_;
    std::source_location where_;
    std::optional<std::chrono::milliseconds> timeout_;
    bool text_results_ = false;
};

} // namespace copg
