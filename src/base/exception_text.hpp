// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <string>

namespace copg::detail {

/// What an exception says of itself.
inline std::string text_of(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& e) {
        return e.what();
    } catch (...) {
        return "unknown failure";
    }
}

} // namespace copg::detail
