// SPDX-License-Identifier: BSL-1.0
#include "driver/connection_impl.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace copg::detail {
namespace {

std::string place(std::source_location const& where) {
    std::string_view file = where.file_name();
    file.remove_prefix(file.find_last_of('/') + 1); // npos + 1 is 0
    return fmt::format("{}:{}", file, where.line());
}

} // namespace

claim::claim(std::shared_ptr<connection_impl> connection, std::source_location const& where)
    : connection_{std::move(connection)} {
    auto& held = connection_->held_by();
    if (held.take(where))
        return;
    throw error{errc::connection_busy,
                fmt::format("the connection is busy with what was started at {}; what was started "
                            "at {} has to wait for its end",
                            place(held.where()),
                            place(where))};
}

claim::~claim() {
    release();
}

void claim::release() noexcept {
    if (std::exchange(held_, false))
        connection_->held_by().release();
}

} // namespace copg::detail
