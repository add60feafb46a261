// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/config/load.hpp>

#include <string>
#include <vector>

namespace copg::test {

/// A configuration from a text, with an environment that holds what is given and nothing else.
inline config::loaded
load_text(std::string text, config::variables environment = {}, std::string prefix = {}) {
    config::load_options options;
    options.environment = std::move(environment);
    options.prefix = std::move(prefix);
    return config::load({{"a.yaml", std::move(text)}}, options);
}

inline std::vector<std::string> texts(std::vector<config::problem> const& problems) {
    std::vector<std::string> all;
    for (auto const& one : problems)
        all.push_back(one.text());
    return all;
}

/// The one definition of a text that has nothing wrong.
config::definition only(config::loaded const& read);

/// A file of tests/config/.
std::string test_file(std::string const& name);

} // namespace copg::test
