// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config/tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

namespace copg::config::detail {

/// Thrown when a text is endless or huge, which aliases can make a short one.
struct too_much {
    place where;
};

/// Makes a tree of the events of a parser. Aliases are put in, and so is what `<<` merges. Lists
/// are kept as such, without what they hold: no key takes one.
class tree_builder final : public YAML::EventHandler {
public:
    tree_builder(std::string const& file, problems& found) : file_{file}, problems_{found} {}

    /// The document that was read last.
    node take() { return std::move(document_); }

    void OnDocumentStart(YAML::Mark const& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override;
    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override;
    void OnScalar(YAML::Mark const& mark,
                  std::string const& tag,
                  YAML::anchor_t anchor,
                  std::string const& value) override;
    void OnSequenceStart(YAML::Mark const& mark,
                         std::string const& tag,
                         YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(YAML::Mark const& mark,
                    std::string const& tag,
                    YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override { close(); }

private:
    /// A mapping or list whose end is still to come.
    struct unfinished {
        node made;
        YAML::anchor_t anchor = 0;
        std::optional<entry> key; ///< whose value is to come
    };

    node start(node::kind what, YAML::Mark const& mark);
    void open(node made, YAML::anchor_t anchor);
    void close();
    void add(node made, YAML::anchor_t anchor);
    void add_to(unfinished& outer, node made);
    void inherit(node& map);
    void count(node const& more);

    std::string const& file_;
    problems& problems_;
    std::vector<unfinished> open_;
    std::map<YAML::anchor_t, node> anchored_;
    node document_;
    int nodes_ = 0;
    int documents_ = 0;
};

} // namespace copg::config::detail
