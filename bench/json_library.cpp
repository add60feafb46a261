// SPDX-License-Identifier: BSL-1.0
// Boost.JSON, compiled here: it comes as headers.
#include <boost/json/src.hpp>
