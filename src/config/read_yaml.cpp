// SPDX-License-Identifier: BSL-1.0
#include "config/tree_builder.hpp"

#include <fmt/format.h>

#include <sstream>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace copg::config::detail {
namespace {

node empty_tree(std::string const& file) {
    node whole;
    whole.what = node::kind::map;
    whole.where = {file, 1};
    return whole;
}

} // namespace

node read_yaml(source const& from, problems& found) {
    auto whole = empty_tree(from.name);
    try {
        std::istringstream stream{from.text};
        YAML::Parser parser{stream};
        tree_builder builder{from.name, found};
        while (parser.HandleNextDocument(builder)) {
            auto tree = builder.take();
            if (tree.what == node::kind::map || tree.what == node::kind::null)
                merge(whole, std::move(tree));
            else
                report(found, tree.where, {}, "there must be a mapping at the top");
        }
        return whole;
    } catch (YAML::Exception const& e) {
        // Its message quotes nothing of the text but names and single characters.
        report(found, {from.name, e.mark.line + 1}, {}, fmt::format("no valid YAML: {}", e.msg));
    } catch (too_much const& t) {
        report(found, t.where, {}, "too much is nested or repeated here");
    }
    return empty_tree(from.name);
}

} // namespace copg::config::detail
