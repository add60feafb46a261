// SPDX-License-Identifier: BSL-1.0
// Configuration files: each is read or refused with problems that say where.
#include <copg/base/error.hpp>
#include <copg/config/convert.hpp>
#include <copg/config/load.hpp>

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    copg::config::load_options options;
    options.environment = {{"A", "a"}};
    std::string text{reinterpret_cast<char const*>(data), size};
    // Most random texts would not get past the roots.
    if (size > 0 && data[0] % 2 == 0)
        text = (data[0] % 4 == 0 ? "dbpool-definitions:\n " : "dbmanager:\n ") + text.substr(1);
    auto const read = copg::config::load({{"a.yaml", text}}, options);
    if (!read.usable())
        return 0;
    static_cast<void>(copg::config::describe(read.value)); // what has no error can be used
    for (auto const& one : read.value.definitions)
        if (one.type == copg::config::database_type::postgres &&
            !copg::config::pool_options_of(one).problems().empty())
            std::abort();
    return 0;
}
