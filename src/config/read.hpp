// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config/keys.hpp"
#include "config/tree.hpp"

namespace copg::config::detail {

/// A definition and where its keys stand, those with a value that was refused included.
struct located_definition {
    definition value;
    std::string path;
    place where;
    std::map<std::string, place, std::less<>> keys;
    bool has_type = true; ///< false when it names a type that there is not

    place const& place_of(std::string_view key) const;
};

/// Everything of a canonical tree.
struct read_result {
    manager_settings manager;
    place manager_place;
    std::map<std::string, place, std::less<>> manager_keys;
    bool has_manager = false;
    std::vector<located_definition> definitions;
};

read_result read(node const& tree, problems& found);

/// What keys() says that is when nothing is written for a definition of this section.
definition const& defaults_of(section where);

} // namespace copg::config::detail
