// SPDX-License-Identifier: BSL-1.0
// Connection strings: each is read or refused with invalid_dsn.
#include <copg/base/error.hpp>
#include <copg/driver/dsn_builder.hpp>

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    try {
        copg::dsn const read{text};
        if (copg::dsn{read.canonical_key()} != read) // what it is told apart by says it all
            std::abort();
        if (copg::dsn_builder{read}.build() != read)
            std::abort();
        static_cast<void>(read.redacted());
    } catch (copg::error const& e) {
        if (e.code() != copg::errc::invalid_dsn)
            std::abort();
    }
    return 0;
}
