// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Every type that copg knows but those that need another library: types/json.hpp and
/// types/decimal.hpp. How to add one is in types/trait.hpp and docs/guide/types.md.
#include <copg/driver/types/array.hpp>
#include <copg/driver/types/bit_string.hpp>
#include <copg/driver/types/bytes.hpp>
#include <copg/driver/types/composite.hpp>
#include <copg/driver/types/date.hpp>
#include <copg/driver/types/enum.hpp>
#include <copg/driver/types/multirange.hpp>
#include <copg/driver/types/network.hpp>
#include <copg/driver/types/numeric.hpp>
#include <copg/driver/types/range.hpp>
#include <copg/driver/types/scalar.hpp>
#include <copg/driver/types/text.hpp>
#include <copg/driver/types/time.hpp>
#include <copg/driver/types/timestamp.hpp>
#include <copg/driver/types/trait.hpp>
#include <copg/driver/types/typed.hpp>
