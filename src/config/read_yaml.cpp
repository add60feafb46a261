// SPDX-License-Identifier: BSL-1.0
#include "config/tree.hpp"

#include <fmt/format.h>

#include <yaml-cpp/yaml.h>

namespace copg::config::detail {
namespace {

// Aliases can make a short text endless, or a small one huge.
constexpr int deepest = 32;
constexpr int most_nodes = 100'000;

struct too_much {
    place where;
};

class converter {
public:
    converter(std::string const& file, problems& found) : file_{file}, problems_{found} {}

    node convert(YAML::Node const& from, int depth = 0) {
        node made;
        made.where = place_of(from.Mark());
        if (depth > deepest || ++nodes_ > most_nodes)
            throw too_much{made.where};
        if (from.IsScalar()) {
            made.what = node::kind::scalar;
            made.text = made.written = from.Scalar();
        } else if (from.IsSequence()) {
            made.what = node::kind::sequence;
        } else if (from.IsMap()) {
            made.what = node::kind::map;
            for (auto const& pair : from)
                add(made, pair.first, convert(pair.second, depth + 1));
            inherit(made);
        }
        return made;
    }

private:
    place place_of(YAML::Mark const& mark) const { return {file_, mark.line + 1}; }

    void add(node& map, YAML::Node const& key, node value) {
        auto const where = place_of(key.Mark());
        if (!key.IsScalar())
            report(problems_, where, {}, "a key must be a plain text");
        else
            map.entries.push_back({key.Scalar(), where, std::move(value)});
    }

    // `<<: *base` gives what the mapping does not say itself.
    void inherit(node& map) {
        auto* const merged = map.find("<<");
        if (merged == nullptr)
            return;
        auto const base = std::move(*merged);
        map.entries.erase(map.entries.begin() + (merged - map.entries.data()));
        if (base.value.what != node::kind::map)
            report(problems_, base.where, {}, "<< takes one mapping");
        for (auto const& given : base.value.entries)
            if (map.find(given.key) == nullptr)
                map.entries.push_back(given);
    }

    std::string const& file_;
    problems& problems_;
    int nodes_ = 0;
};

} // namespace

node read_yaml(source const& from, problems& found) {
    try {
        node whole;
        whole.what = node::kind::map;
        whole.where = {from.name, 1};
        converter convert{from.name, found};
        for (auto const& document : YAML::LoadAll(from.text)) {
            auto tree = convert.convert(document);
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
    node nothing;
    nothing.what = node::kind::map;
    nothing.where = {from.name, 1};
    return nothing;
}

} // namespace copg::config::detail
