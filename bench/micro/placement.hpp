// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace copg::micro {

/// Keeps this process, and the children that it starts from now on, on one of the CPUs that it may
/// use. Client and server then take turns on it, as they do in a round trip anyway: what waking a
/// sleeping CPU costs, up to several times the rest, is in no figure.
void stay_on_one_cpu();

} // namespace copg::micro
