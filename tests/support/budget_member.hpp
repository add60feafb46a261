// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/budget.hpp"

#include <chrono>
#include <memory>

namespace copg::test {

using detail::budget_member;
using detail::budget_state;

inline std::shared_ptr<budget_state> budget_of(std::size_t maximum) {
    return std::make_shared<budget_state>(maximum);
}

/// A member, and how often it was called.
struct member {
    explicit member(std::shared_ptr<budget_state> const& state, std::size_t minimum = 0)
        : account{std::make_unique<budget_member>(
              state,
              minimum,
              budget_member::callbacks{[this] { ++asked_again; }, [this] { ++reclaimed; }})} {}

    bool take_all(int count) {
        auto all = true;
        while (count-- > 0)
            all &= account->take(true);
        return all;
    }
    void idle_since(std::chrono::seconds time) { account->note_idle(budget_member::time{time}); }

    int asked_again = 0;
    int reclaimed = 0;
    std::unique_ptr<budget_member> account;
};

} // namespace copg::test
