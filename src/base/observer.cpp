// SPDX-License-Identifier: BSL-1.0
#include <copg/base/observer.hpp>

namespace copg {

observer::~observer() = default;

} // namespace copg
