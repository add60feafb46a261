// SPDX-License-Identifier: BSL-1.0
#include "manager/identifier_table.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/pool_handle.hpp>

#include <algorithm>

namespace copg {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr auto white = " \t\r\n\f\v";
    auto const first = text.find_first_not_of(white);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

std::string normalize_identifier(std::string_view text) {
    std::string made{trimmed(text)};
    std::ranges::transform(made, made.begin(), lower);
    for (std::string_view const scheme : {"http://", "https://"})
        if (made.starts_with(scheme)) {
            made.erase(0, scheme.size());
            break;
        }
    while (made.ends_with('/'))
        made.pop_back();
    std::string_view const loopback = "127.0.0.1";
    if (made == loopback || made.starts_with(std::string{loopback} + ':'))
        made.replace(0, loopback.size(), "localhost");
    return made.empty() ? "default" : made;
}

pool_handle::pool_handle() noexcept = default;
pool_handle::pool_handle(pool_handle&&) noexcept = default;
pool_handle& pool_handle::operator=(pool_handle&&) noexcept = default;
pool_handle::~pool_handle() = default;

pool_handle::pool_handle(std::shared_ptr<detail::identifier_entry const> entry) noexcept
    : entry_{std::move(entry)} {}

std::string_view pool_handle::identifier() const noexcept {
    return closed() ? std::string_view{} : entry_->registered().id();
}

database const& pool_handle::db() const {
    if (closed())
        throw error{errc::pool_closed, "this handle of a pool has been closed"};
    return entry_->db();
}

pool_handle pool_handle::fork() const {
    db();
    return pool_handle{entry_};
}

void pool_handle::close() noexcept {
    entry_.reset();
}

std::size_t pool_handle::references() const noexcept {
    return static_cast<std::size_t>(entry_.use_count());
}

} // namespace copg
