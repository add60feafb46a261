// SPDX-License-Identifier: BSL-1.0
#include "config/canonical.hpp"
#include "config/check.hpp"
#include "config/expand.hpp"
#include "config/overlay.hpp"
#include "config/read.hpp"

#include <copg/base/error.hpp>
#include <copg/config/load.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace copg::config {
namespace {

detail::node
tree_of(std::vector<source> const& sources, load_options const& options, detail::problems& found) {
    detail::node whole;
    whole.what = detail::node::kind::map;
    for (auto const& one : sources) {
        auto tree = detail::read_yaml(one, found);
        detail::make_canonical(tree, found);
        detail::expand(tree, options.environment, found);
        detail::merge(whole, std::move(tree));
    }
    if (whole.entries.empty() && all_harmless(found))
        detail::report(found,
                       {sources.empty() ? "no file" : sources.back().name, 0},
                       {},
                       "there is neither dbpool-definitions: nor dbmanager:");
    return whole;
}

// Of each file, in the order of its lines; what one line has wrong stays in order.
detail::problems sorted_by_place(std::vector<source> const& sources, detail::problems found) {
    std::multimap<std::pair<std::ptrdiff_t, int>, problem> sorted;
    for (auto& one : found) {
        auto const file = std::ranges::find(sources, one.file, &source::name) - sources.begin();
        auto const line = one.line;
        sorted.emplace(std::pair{file, line}, std::move(one));
    }
    found.clear();
    for (auto& [where, one] : sorted)
        found.push_back(std::move(one));
    return found;
}

bool read_file(std::string const& name, std::string& into) {
    std::ifstream stream{name, std::ios::binary};
    into.assign(std::istreambuf_iterator<char>{stream}, {});
    return stream.is_open() && !stream.bad();
}

} // namespace

variables process_environment() {
    variables all;
    for (auto const* const* pair = environ; *pair != nullptr; ++pair) {
        std::string_view const text{*pair};
        if (auto const equals = text.find('='); equals != text.npos)
            all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return all;
}

loaded load(std::vector<source> const& sources, load_options const& options) {
    loaded all;
    auto tree = tree_of(sources, options, all.problems);
    detail::overlay(tree, options, all.problems);
    auto const read = detail::read(tree, all.problems);
    detail::check(read, all.problems);
    all.problems = sorted_by_place(sources, std::move(all.problems));
    all.value.manager = read.manager;
    for (auto const& one : read.definitions)
        all.value.definitions.push_back(one.value);
    return all;
}

loaded load_files(std::vector<std::string> const& files, load_options const& options) {
    std::vector<source> sources;
    detail::problems unreadable;
    for (auto const& name : files)
        if (auto& one = sources.emplace_back(name, std::string{}); !read_file(name, one.text)) {
            detail::report(unreadable, {name, 0}, {}, "the file cannot be read");
            sources.pop_back();
        }
    auto all = unreadable.empty() || !sources.empty() ? load(sources, options) : loaded{};
    all.problems.insert(all.problems.begin(), unreadable.begin(), unreadable.end());
    return all;
}

configuration require_files(std::vector<std::string> const& files, load_options const& options) {
    auto all = load_files(files, options);
    if (all.usable())
        return std::move(all.value);
    std::string message{"invalid configuration:"};
    for (auto const& p : all.problems)
        if (p.level == problem::severity::error)
            message.append("\n").append(p.text());
    throw error{errc::invalid_configuration, message};
}

} // namespace copg::config
