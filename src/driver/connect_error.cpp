// SPDX-License-Identifier: BSL-1.0
#include "driver/connect_error.hpp"

#include "driver/server_messages.hpp"

#include <copg/base/sql_error.hpp>

#include <algorithm>

namespace copg::detail {
namespace {

bool is_state_character(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

// "<where>: FATAL:  28P01: password authentication failed …\nLOCATION:  auth_failed, auth.c:326"
std::size_t find_state(std::string const& message) noexcept {
    constexpr std::size_t before = 3; // ":  "
    for (auto at = message.find(":  "); at != message.npos; at = message.find(":  ", at + 1)) {
        auto const state = at + before;
        if (message.size() > state + 5 && message[state + 5] == ':' &&
            std::all_of(message.begin() + static_cast<std::ptrdiff_t>(state),
                        message.begin() + static_cast<std::ptrdiff_t>(state + 5),
                        is_state_character))
            return state;
    }
    return message.npos;
}

std::string first_line(std::string text) {
    text.resize(std::min(text.size(), text.find('\n')));
    return text;
}

} // namespace

std::exception_ptr connect_error(std::string const& verbose_message) {
    auto const at = find_state(verbose_message);
    if (at == std::string::npos) {
        auto const cause = one_line(verbose_message);
        return std::make_exception_ptr(error{
            errc::connect_failed,
            "connect failed: " + (cause.empty() ? "the server closed the connection" : cause)});
    }
    auto const severity_end = verbose_message.rfind(": ", at - 4);
    auto const where = severity_end == std::string::npos
                           ? std::string{}
                           : verbose_message.substr(0, severity_end) + ": ";
    sql_diagnostics diagnostics;
    diagnostics.state =
        static_cast<sqlstate>(pack_sqlstate(std::string_view{verbose_message}.substr(at, 5)));
    diagnostics.severity = "FATAL";
    diagnostics.message = one_line(where) + " " + first_line(verbose_message.substr(at + 7));
    return std::make_exception_ptr(sql_error{std::move(diagnostics)});
}

bool is_incurable(std::exception_ptr const& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (sql_error const& refusal) {
        return to_string(refusal.state()).starts_with("28") ||
               refusal.state() == sqlstate::invalid_catalog_name;
    } catch (error const& other) {
        return other.code() == errc::invalid_dsn;
    } catch (...) {
        return false;
    }
}

bool is_unreachable(std::exception_ptr const& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (sql_error const& refusal) {
        return to_string(refusal.state()).starts_with("57P");
    } catch (error const& other) {
        return other.code() == errc::connect_failed || other.code() == errc::connect_timeout;
    } catch (...) {
        return false;
    }
}

} // namespace copg::detail
