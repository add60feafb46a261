// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config/read.hpp"

namespace copg::config::detail {

/// What is wrong between keys that are each right. Keys whose value was refused are taken as given,
/// so that one mistake is reported once.
void check(read_result const& all, problems& found);

} // namespace copg::config::detail
