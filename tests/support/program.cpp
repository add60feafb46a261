// SPDX-License-Identifier: BSL-1.0
#include "support/program.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <sys/wait.h>

namespace copg::test {

program_result run_program(std::vector<std::string> const& command) {
    std::string line;
    for (auto const& word : command) {
        line += '\'';
        for (char const c : word)
            line += c == '\'' ? std::string{"'\\''"} : std::string{c};
        line += "' ";
    }
    auto* const pipe = ::popen((line + "2>&1").c_str(), "r");
    BOOST_TEST_REQUIRE(pipe != nullptr);
    program_result result;
    char buffer[4'096];
    while (auto const got = std::fread(buffer, 1, sizeof buffer, pipe))
        result.output.append(buffer, got);
    auto const status = ::pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

} // namespace copg::test
