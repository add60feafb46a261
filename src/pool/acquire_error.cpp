// SPDX-License-Identifier: BSL-1.0
#include <copg/pool/acquire_error.hpp>

#include <utility>

namespace copg {

acquire_error::acquire_error(errc code, std::string const& message, details why)
    : error{code, message}, why_{std::make_shared<details const>(std::move(why))} {}

} // namespace copg
