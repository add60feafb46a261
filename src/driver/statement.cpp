// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/statement.hpp>

#include <fmt/format.h>

namespace copg {
namespace {

// The server takes messages of less than 1 GiB (PQ_LARGE_MESSAGE_LIMIT, MaxAllocSize) and ends the
// connection at a larger one. All parameters are one message, with a little around each.
constexpr std::size_t most_data = (std::size_t{1} << 30) - (std::size_t{1} << 20);

} // namespace

void statement::check_text() const {
    if (sql_.find('\0') != std::string::npos)
        throw error{errc::value_out_of_range, "the SQL text holds a NUL character"};
    if (sql_.size() > most_data)
        throw error{errc::value_out_of_range,
                    "the SQL text holds 1 GiB or more, which is the server's limit"};
}

char const* statement::value(std::size_t index) const noexcept {
    auto const& chosen = parameters_[index];
    return chosen.null ? nullptr : data_.data() + chosen.offset;
}

void statement::add_null(oid type) {
    parameters_.push_back({type, true, true, 0, 0});
}

void statement::throw_wrong_parameter(oid own, oid chosen) {
    throw error{errc::type_mismatch,
                fmt::format("a parameter of type {} cannot be sent as {}; cast it in the SQL text",
                            to_string(own),
                            to_string(chosen))};
}

void statement::finish(oid type, bool binary, std::size_t start) {
    if (data_.size() > most_data)
        throw error{errc::value_out_of_range,
                    "the parameters hold 1 GiB or more, which is the server's limit"};
    auto const length = data_.size() - start;
    parameters_.push_back({type, binary, false, static_cast<int>(length), start});
    data_ += '\0';
}

} // namespace copg
