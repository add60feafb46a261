// SPDX-License-Identifier: BSL-1.0
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>

namespace copg::test {

config::definition only(config::loaded const& read) {
    for (auto const& one : read.problems)
        BOOST_TEST_MESSAGE(one.text());
    BOOST_TEST(read.usable());
    BOOST_REQUIRE(read.value.definitions.size() == 1);
    return read.value.definitions.front();
}

std::string test_file(std::string const& name) {
    std::ifstream stream{std::string{COPG_SOURCE_ROOT} + "/tests/config/" + name};
    BOOST_REQUIRE(stream.is_open());
    return {std::istreambuf_iterator<char>{stream}, {}};
}

} // namespace copg::test
