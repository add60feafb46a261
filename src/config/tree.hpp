// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/config/load.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace copg::config::detail {

using problems = std::vector<problem>;

struct place {
    std::string file;
    int line = 0;
};

struct entry;

/// A piece of a document, with the place where it stands, so that trees of several files can be
/// merged and each piece still be found.
struct node {
    enum class kind { null, scalar, sequence, map };

    kind what = kind::null;
    place where;
    std::string text;    ///< of a scalar
    std::string written; ///< the same as the file has it, before variables were put in
    std::vector<entry> entries;

    entry* find(std::string_view key);
    entry const* find(std::string_view key) const;
};

struct entry {
    std::string key;
    place where; ///< of the key
    node value;
};

/// The tree of one text. A text that is no YAML, or has no mapping at its top, is a problem.
node read_yaml(source const& from, problems& found);

/// Puts a later tree over an earlier one: mappings key by key, anything else as a whole.
void merge(node& into, node from);

void report(problems& found, place const& where, std::string path, std::string sentence);
void warn(problems& found, place const& where, std::string path, std::string sentence);

} // namespace copg::config::detail
