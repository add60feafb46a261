// SPDX-License-Identifier: BSL-1.0
// Boost.JSON's bodies, for the executables that include copg/driver/types/json.hpp.
#include <boost/json/src.hpp>
