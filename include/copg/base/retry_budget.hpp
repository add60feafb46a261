// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <memory>

namespace copg {

/// Keeps many who retry at once from making matters worse: retries are a share of the successes.
///
/// A retry takes one from the budget, a success puts a part of one back. With the defaults one in
/// five can be a retry in the long run, and up to a hundred in a burst. Copies share the budget.
/// Thread safety: every function may be called from any thread.
class COPG_API retry_budget {
public:
    /// @param per_success  what a success puts back; not negative
    /// @param most         what there is at first and at most; at least 1
    /// @throws error errc::invalid_configuration
    explicit retry_budget(double per_success = 0.25, double most = 100);

    /// Takes one retry. @return false when there is none
    bool take() const noexcept;
    void succeeded() const noexcept;
    /// Retries that may be taken now.
    double left() const noexcept;

    friend bool operator==(retry_budget const&, retry_budget const&) noexcept = default;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace copg
