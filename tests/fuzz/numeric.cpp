// SPDX-License-Identifier: BSL-1.0
// Decimal text: each is read or refused with value_out_of_range, and what was read survives its own
// text and its own bytes.
#include <copg/base/error.hpp>
#include <copg/driver/types/numeric.hpp>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    try {
        copg::numeric const read{std::string_view{reinterpret_cast<char const*>(data), size}};
        std::string bytes;
        copg::codec<copg::numeric>::encode(read, bytes);
        auto const decoded = copg::codec<copg::numeric>::decode(bytes, copg::oid::numeric);
        if (decoded != read || decoded.to_string() != read.to_string())
            std::abort();
        if (copg::numeric{read.to_string()} != read)
            std::abort();
    } catch (copg::error const& e) {
        if (e.code() != copg::errc::value_out_of_range)
            std::abort();
    }
    return 0;
}
