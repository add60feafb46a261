// SPDX-License-Identifier: BSL-1.0
#include "driver/connect_failures.hpp"

#include "base/exception_text.hpp"

#include <copg/base/sql_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace copg::detail {
namespace {

constexpr std::size_t servers_maximum = 16;
constexpr std::size_t cause_bytes_maximum = 300;

std::string shortened(std::string text) {
    if (text.size() <= cause_bytes_maximum)
        return text;
    auto end = cause_bytes_maximum;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) // inside a character
        --end;
    text.resize(end);
    return text + "…";
}

sql_diagnostics diagnostics_of(sql_error const& refusal) {
    sql_diagnostics diagnostics;
    diagnostics.state = refusal.state();
    diagnostics.severity = refusal.severity();
    diagnostics.message = refusal.message();
    return diagnostics;
}

} // namespace

void connect_failures::add(std::string const& server, std::exception_ptr cause) {
    std::erase_if(failures_, [&server](failure const& f) { return f.server == server; });
    failures_.push_back({server, std::move(cause)});
}

std::exception_ptr connect_failures::combined() const {
    if (failures_.empty())
        return std::make_exception_ptr(error{errc::connect_failed, "connect failed: no address"});
    if (failures_.size() == 1)
        return last();
    std::string before;
    auto const listed = std::min(failures_.size() - 1, servers_maximum - 1);
    for (auto i = failures_.size() - 1 - listed; i < failures_.size() - 1; ++i)
        before += fmt::format("{}{}: {}",
                              before.empty() ? "" : "; ",
                              failures_[i].server,
                              shortened(text_of(failures_[i].cause)));
    if (auto const left_out = failures_.size() - 1 - listed; left_out > 0)
        before += fmt::format("; and {} more", left_out);
    auto const advice = "tried before: " + before;
    try {
        std::rethrow_exception(last());
    } catch (sql_error const& refusal) {
        return std::make_exception_ptr(sql_error{diagnostics_of(refusal), advice});
    } catch (error const& other) {
        return std::make_exception_ptr(
            error{other.code(), fmt::format("{}; {}", shortened(other.what()), advice)});
    } catch (...) {
        return last();
    }
}

} // namespace copg::detail
