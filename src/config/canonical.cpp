// SPDX-License-Identifier: BSL-1.0
#include "config/canonical.hpp"

#include "base/nearest.hpp"
#include "config/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace copg::config::detail {
namespace {

constexpr std::array<std::string_view, 2> roots{dbpool_root, manager_root};

std::string below(std::string const& path, std::string_view key) {
    return path.empty() ? std::string{key} : fmt::format("{}.{}", path, key);
}

std::string suggestion(std::string_view meant) {
    return meant.empty() ? std::string{} : fmt::format("; did you mean {}?", meant);
}

class canonicaliser {
public:
    explicit canonicaliser(problems& found) : problems_{found} {}

    void visit_roots(node& tree) {
        std::erase_if(tree.entries, [this](entry& root) {
            auto const dashed = with_dashes(root.key);
            if (std::ranges::count(roots, dashed) > 0) {
                root.key = dashed;
                return false;
            }
            if (auto const meant = copg::detail::nearest(dashed, roots); !meant.empty())
                warn(problems_, root.where, root.key, "is not read" + suggestion(meant));
            return true;
        });
        drop_repeated(tree, {});
        if (auto* const pools = tree.find(dbpool_root))
            visit_named(pools->value, dbpool_root, in_dbpool);
        if (auto* const manager = tree.find(manager_root)) {
            visit_keys(manager->value, manager_root, in_manager);
            if (auto* const connections = manager->value.find("connections"))
                visit_named(connections->value, "dbmanager.connections", in_connection);
        }
    }

private:
    static std::string with_dashes(std::string_view written) {
        std::string name{written};
        std::ranges::replace(name, '_', '-');
        return name == "db-manager" ? manager_root : name;
    }

    /// A mapping of names, which are exact.
    void visit_named(node& tree, std::string const& path, unsigned place) {
        if (!is_mapping(tree, path))
            return;
        drop_repeated(tree, path);
        for (auto& named : tree.entries)
            visit_keys(named.value, below(path, named.key), place);
    }

    void visit_keys(node& tree, std::string const& path, unsigned place) {
        if (!is_mapping(tree, path))
            return;
        std::erase_if(tree.entries, [&](entry& written) {
            auto const* const known = find_key(written.key, place);
            if (known == nullptr)
                report_unknown(written, path, place);
            else
                written.key = known->name;
            return known == nullptr;
        });
        drop_repeated(tree, path);
    }

    void report_unknown(entry const& written, std::string const& path, unsigned place) {
        auto const meant = copg::detail::nearest(underscored(written.key), names_at(place));
        report(problems_,
               written.where,
               below(path, written.key),
               "there is no such key" + suggestion(meant));
    }

    bool is_mapping(node& tree, std::string const& path) {
        if (tree.what == node::kind::map || tree.what == node::kind::null)
            return true;
        report(problems_, tree.where, path, "must be a mapping");
        tree = node{node::kind::null, tree.where, {}, {}, {}};
        return false;
    }

    /// Of keys that mean the same, the first stays.
    void drop_repeated(node& tree, std::string const& path) {
        for (std::size_t i = 1; i < tree.entries.size();) {
            auto const& later = tree.entries[i];
            auto const* const first = tree.find(later.key);
            if (first == &later) {
                ++i;
                continue;
            }
            report(problems_,
                   later.where,
                   below(path, later.key),
                   fmt::format("is given twice; the first stands in line {}", first->where.line));
            tree.entries.erase(tree.entries.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    problems& problems_;
};

} // namespace

void make_canonical(node& tree, problems& found) {
    canonicaliser{found}.visit_roots(tree);
}

} // namespace copg::config::detail
