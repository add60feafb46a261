// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/error.hpp>
#include <copg/pool/lease_info.hpp>
#include <copg/pool/wait_breakdown.hpp>

#include <exception>
#include <memory>
#include <vector>

namespace copg {

/// A wait for a connection that was in vain: errc::acquire_timeout, errc::connect_failed,
/// errc::nested_acquire.
/// The message tells all of this too.
class COPG_API acquire_error : public error {
public:
    struct details {
        wait_breakdown waited;
        std::exception_ptr last_connect_failure; ///< null when the last attempt succeeded
        std::vector<lease_info> longest;         ///< leases held for longest, at most three
    };

    acquire_error(errc code, std::string const& message, details why);

    /// How the wait was spent.
    wait_breakdown const& waited() const noexcept { return why_->waited; }
    /// Why the last attempt to connect failed; null when it did not.
    std::exception_ptr const& last_connect_failure() const noexcept {
        return why_->last_connect_failure;
    }
    /// Who had the connections for longest when the wait ended, longest first; at most three.
    std::vector<lease_info> const& longest_leases() const noexcept { return why_->longest; }

private:
    std::shared_ptr<details const> why_; // copies without throwing
};

} // namespace copg
