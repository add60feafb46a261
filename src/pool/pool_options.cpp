// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/pool/pool_options.hpp>

#include <fmt/format.h>

namespace copg {

std::vector<std::string> pool_options::problems() const {
    std::vector<std::string> found;
    auto const require = [&found](bool holds, std::string sentence) {
        if (!holds)
            found.push_back(std::move(sentence));
    };
    require(maximum >= 1, "maximum must be at least 1");
    require(minimum <= maximum,
            fmt::format("minimum ({}) must not exceed maximum ({})", minimum, maximum));
    require(connect_concurrency >= 1, "connect_concurrency must be at least 1");
    require(acquire_timeout.count() >= 0, "acquire_timeout must not be negative");
    require(retry_delay.count() > 0, "retry_delay must be positive");
    require(retry_delay_maximum >= retry_delay,
            fmt::format("retry_delay_maximum ({} ms) must not be below retry_delay ({} ms)",
                        retry_delay_maximum.count(),
                        retry_delay.count()));
    return found;
}

pool_options const& pool_options::checked() const {
    auto const found = problems();
    if (!found.empty())
        throw error{errc::invalid_configuration,
                    fmt::format("invalid pool options: {}", fmt::join(found, "; "))};
    return *this;
}

} // namespace copg
