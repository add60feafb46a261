// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/cluster.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace copg::test {

/// What the server has been told to run since this was made, as its own log says. Only connections
/// with this DSN are logged: dsn() of a fault_proxy, with this appended.
class server_record {
public:
    static constexpr char const* logged = "?options=-c%20log_statement%3Dall";

    server_record() : start_{cluster().log().size()} {}

    /// The statements, each as its text begins: `begin`, `insert into item …`.
    std::vector<std::string> statements() const {
        std::vector<std::string> found;
        std::istringstream lines{cluster().log().substr(start_)};
        for (std::string line; std::getline(lines, line);) {
            auto const executed = line.find("LOG:  execute ");
            if (executed == std::string::npos)
                continue;
            auto const text = line.find(": ", executed + 14);
            if (text != std::string::npos && line.find("set_config", text) == std::string::npos)
                found.push_back(line.substr(text + 2));
        }
        return found;
    }

    /// The same as one line.
    std::string text() const {
        std::string all;
        for (auto const& each : statements())
            all += (all.empty() ? "" : "; ") + each;
        return all;
    }

private:
    std::size_t start_;
};

} // namespace copg::test
