// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/observer.hpp>

#include <string>
#include <vector>

namespace copg::test {

/// Keeps what it is told. For one loop thread.
class recorder : public copg::observer {
public:
    void on_connect(copg::connect_event const& event) noexcept override {
        targets.emplace_back(event.target);
        failed += event.failure != nullptr;
    }
    void on_notice(copg::sql_diagnostics const& notice) noexcept override {
        notices.push_back(notice.message);
    }

    std::vector<std::string> targets;
    std::vector<std::string> notices;
    int failed = 0;
};

} // namespace copg::test
