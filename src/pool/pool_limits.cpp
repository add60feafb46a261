// SPDX-License-Identifier: BSL-1.0
// Times as the options give them, and as they are used.
#include "pool/pool_impl.hpp"

#include <algorithm>

namespace copg::detail {
namespace {

constexpr std::chrono::hours longest_limit{24 * 365 * 10}; // what is longer would overflow

/// So that a host that does not answer leaves the others their share of the time.
std::ptrdiff_t hosts_of(dsn const& target) {
    return 1 + std::max(std::ranges::count(target.parameter("host"), ','),
                        std::ranges::count(target.parameter("hostaddr"), ','));
}

} // namespace

connect_options target_of(connect_options target, pool_options const& options) {
    if (options.connect_timeout) {
        target.deadline(*options.connect_timeout);
        auto const none = options.connect_timeout->count() == 0;
        auto const each = *options.connect_timeout / hosts_of(target.target());
        target.timeout(none ? longest_limit : each);
    }
    if (options.query_timeout)
        target.query_timeout(*options.query_timeout);
    return target;
}

pool_time::duration bounded(std::chrono::milliseconds limit) noexcept {
    return std::clamp<std::chrono::milliseconds>(
        limit, std::chrono::milliseconds{0}, longest_limit);
}

} // namespace copg::detail
