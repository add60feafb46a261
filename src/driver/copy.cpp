// SPDX-License-Identifier: BSL-1.0
#include "driver/copy_state.hpp"

#include <copg/driver/copy.hpp>

#include <utility>

namespace copg {
namespace {

constexpr std::size_t full = 64 * 1024;
using direction = detail::copy_exchange::state;

// Signature, flags, and the length of an extension area (manual, COPY, Binary Format).
constexpr std::string_view binary_header{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view binary_trailer{"\377\377", 2};

asio::awaitable<std::unique_ptr<detail::copy_state>>
open_copy(asio::awaitable<detail::bound_connection> target,
          statement copy,
          std::string describes,
          direction wanted) {
    auto bound = co_await std::move(target);
    auto const turn = std::move(bound.turn);
    auto state = std::make_unique<detail::copy_state>(
        std::move(bound), std::move(copy), std::move(describes));
    co_await state->open(wanted);
    co_return state;
}

} // namespace

copy_writer::copy_writer(std::unique_ptr<detail::copy_state> state) noexcept
    : state_{std::move(state)} {}
copy_writer::copy_writer(copy_writer&&) noexcept = default;
copy_writer& copy_writer::operator=(copy_writer&&) noexcept = default;
copy_writer::~copy_writer() = default;

asio::awaitable<copy_writer> copy_writer::open(asio::awaitable<detail::bound_connection> target,
                                               statement copy,
                                               std::string describes) {
    auto state = co_await open_copy(
        std::move(target), std::move(copy), std::move(describes), direction::sending);
    co_return copy_writer{std::move(state)};
}

bool copy_writer::is_binary() const noexcept {
    return state_->is_binary();
}

result const& copy_writer::columns() const noexcept {
    return state_->columns();
}

bool copy_writer::is_full() const noexcept {
    return state_->buffer.size() >= full;
}

std::string& copy_writer::begin_row() {
    state_->has_rows = true;
    if (is_binary() && !std::exchange(state_->has_header, true))
        state_->buffer += binary_header;
    return state_->buffer;
}

asio::awaitable<void> copy_writer::write(std::string_view bytes) {
    state_->has_header = true;
    state_->buffer += bytes;
    if (is_full())
        co_await state_->drain();
}

asio::awaitable<void> copy_writer::drain() {
    return state_->drain();
}

asio::awaitable<std::uint64_t> copy_writer::finish() {
    auto const ours = state_->has_rows || !state_->has_header;
    if (is_binary() && ours)
        begin_row() += binary_trailer;
    return state_->finish();
}

copy_reader::copy_reader(std::unique_ptr<detail::copy_state> state) noexcept
    : state_{std::move(state)} {}
copy_reader::copy_reader(copy_reader&&) noexcept = default;
copy_reader& copy_reader::operator=(copy_reader&&) noexcept = default;
copy_reader::~copy_reader() = default;

asio::awaitable<copy_reader> copy_reader::open(asio::awaitable<detail::bound_connection> target,
                                               statement copy,
                                               std::string describes) {
    auto state = co_await open_copy(
        std::move(target), std::move(copy), std::move(describes), direction::receiving);
    co_return copy_reader{std::move(state)};
}

bool copy_reader::is_binary() const noexcept {
    return state_->is_binary();
}

result const& copy_reader::columns() const noexcept {
    return state_->columns();
}

std::optional<std::string_view> copy_reader::take() {
    return state_->take();
}

asio::awaitable<bool> copy_reader::wait() {
    return state_->wait();
}

asio::awaitable<std::optional<std::string>> copy_reader::read() {
    for (auto more = true; more;) {
        if (auto const piece = state_->take())
            co_return std::string{*piece};
        more = co_await state_->wait();
    }
    co_return std::nullopt;
}

asio::awaitable<std::optional<std::vector<std::optional<std::string>>>>
copy_reader::read_text_row() {
    if (is_binary())
        throw error{errc::unsupported_statement, "a binary COPY has no text rows"};
    auto const piece = co_await read();
    if (!piece)
        co_return std::nullopt;
    co_return detail::split_text_row(*piece);
}

} // namespace copg
