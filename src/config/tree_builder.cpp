// SPDX-License-Identifier: BSL-1.0
#include "config/tree_builder.hpp"

namespace copg::config::detail {
namespace {

constexpr std::size_t deepest = 32;
constexpr int most_nodes = 100'000;
constexpr int most_documents = 100;

} // namespace

void tree_builder::OnDocumentStart(YAML::Mark const& mark) {
    document_ = start(node::kind::null, mark);
    anchored_.clear();
    open_.clear();
    // yaml-cpp finds documents without end behind some that begin with a tag.
    if (++documents_ > most_documents)
        throw too_much{document_.where};
}

void tree_builder::OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) {
    add(start(node::kind::null, mark), anchor);
}

void tree_builder::OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) {
    auto const found = anchored_.find(anchor);
    if (found == anchored_.end()) // not complete yet: it stands inside of itself
        throw too_much{start(node::kind::null, mark).where};
    count(found->second);
    add(found->second, 0);
}

void tree_builder::OnScalar(YAML::Mark const& mark,
                            std::string const&,
                            YAML::anchor_t anchor,
                            std::string const& value) {
    auto made = start(node::kind::scalar, mark);
    made.text = made.written = value;
    add(std::move(made), anchor);
}

void tree_builder::OnSequenceStart(YAML::Mark const& mark,
                                   std::string const&,
                                   YAML::anchor_t anchor,
                                   YAML::EmitterStyle::value) {
    open(start(node::kind::sequence, mark), anchor);
}

void tree_builder::OnMapStart(YAML::Mark const& mark,
                              std::string const&,
                              YAML::anchor_t anchor,
                              YAML::EmitterStyle::value) {
    open(start(node::kind::map, mark), anchor);
}

node tree_builder::start(node::kind what, YAML::Mark const& mark) {
    node made;
    made.what = what;
    made.where = {file_, mark.line + 1};
    count(made);
    return made;
}

void tree_builder::open(node made, YAML::anchor_t anchor) {
    if (open_.size() == deepest)
        throw too_much{made.where};
    open_.push_back({std::move(made), anchor, std::nullopt});
}

void tree_builder::close() {
    auto done = std::move(open_.back());
    open_.pop_back();
    inherit(done.made);
    add(std::move(done.made), done.anchor);
}

void tree_builder::add(node made, YAML::anchor_t anchor) {
    if (anchor != 0)
        anchored_.insert_or_assign(anchor, made);
    if (open_.empty())
        document_ = std::move(made);
    else if (open_.back().made.what == node::kind::map)
        add_to(open_.back(), std::move(made));
}

void tree_builder::add_to(unfinished& outer, node made) {
    if (outer.key) {
        outer.key->value = std::move(made);
        outer.made.entries.push_back(std::move(*outer.key));
        outer.key.reset();
        return;
    }
    if (made.what != node::kind::scalar)
        report(problems_, made.where, {}, "a key must be a plain text");
    outer.key = entry{std::move(made.text), made.where, {}};
}

// `<<: *base` gives what the mapping does not say itself.
void tree_builder::inherit(node& map) {
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

void tree_builder::count(node const& more) {
    if (++nodes_ > most_nodes)
        throw too_much{more.where};
    for (auto const& inner : more.entries)
        count(inner.value);
}

} // namespace copg::config::detail
