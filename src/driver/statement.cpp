// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/statement.hpp>

#include <limits>

namespace copg {

void statement::check_text() const {
    if (sql_.find('\0') != std::string::npos)
        throw error{errc::value_out_of_range, "the SQL text holds a NUL character"};
}

char const* statement::value(std::size_t index) const noexcept {
    auto const& chosen = parameters_[index];
    return chosen.null ? nullptr : data_.data() + chosen.offset;
}

void statement::add_null(oid type) {
    parameters_.push_back({type, true, true, 0, 0});
}

void statement::finish(oid type, bool binary, std::size_t start) {
    auto const length = data_.size() - start;
    // A message of the protocol counts its bytes in an int32 (PostgreSQL manual, 55.7).
    if (length >= static_cast<std::size_t>(std::numeric_limits<int>::max() / 2))
        throw error{errc::value_out_of_range, "a parameter holds 1 GiB or more"};
    parameters_.push_back({type, binary, false, static_cast<int>(length), start});
    data_ += '\0';
}

} // namespace copg
