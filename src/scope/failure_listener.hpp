// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>

namespace copg::detail {

/// Told of the statements of a database handle that fail, once their connection is back in its
/// pool: of those in a transaction, of the first one, at its end. Called from any thread.
class failure_listener {
public:
    virtual ~failure_listener() = default;
    virtual void statement_failed(std::exception_ptr const& why) noexcept = 0;

protected:
    failure_listener() = default;
    failure_listener(failure_listener const&) = delete;
    failure_listener& operator=(failure_listener const&) = delete;
};

} // namespace copg::detail
