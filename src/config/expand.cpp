// SPDX-License-Identifier: BSL-1.0
#include "config/expand.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace copg::config::detail {
namespace {

struct reference {
    std::string_view name;
    std::optional<std::string_view> otherwise;
};

bool is_name(std::string_view text) {
    return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '_';
           });
}

/// Where the brace at the beginning is closed, counting those inside.
std::size_t closing_brace(std::string_view text) {
    int open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        open += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
        if (open == 0)
            return i;
    }
    return text.npos;
}

reference parted(std::string_view inside) {
    auto const colon = inside.find(':');
    if (colon == inside.npos)
        return {inside, std::nullopt};
    return {inside.substr(0, colon), inside.substr(colon + 1)};
}

class expander {
public:
    expander(variables const& environment, problems& found)
        : environment_{environment}, problems_{found} {}

    void visit(node& tree, std::string const& path) {
        if (tree.what == node::kind::scalar)
            tree.text = expanded(tree, path);
        for (auto& inner : tree.entries)
            visit(inner.value, path.empty() ? inner.key : path + "." + inner.key);
    }

private:
    std::string expanded(node const& scalar, std::string const& path) {
        std::string made;
        std::string_view rest{scalar.written};
        for (auto at = rest.find("${"); at != rest.npos; at = rest.find("${")) {
            if (at > 0 && rest[at - 1] == '$') {
                made.append(rest.substr(0, at - 1)).append("${");
                rest.remove_prefix(at + 2);
                continue;
            }
            auto const end = closing_brace(rest.substr(at + 1));
            if (end == rest.npos) {
                report(problems_, scalar.where, path, "a ${ has no closing brace");
                break;
            }
            made += rest.substr(0, at);
            made += value_of(parted(rest.substr(at + 2, end - 1)), scalar.where, path);
            rest.remove_prefix(at + 1 + end + 1);
        }
        return made += rest;
    }

    std::string value_of(reference const& to, place const& where, std::string const& path) {
        if (!is_name(to.name)) {
            report(problems_,
                   where,
                   path,
                   "${…} takes the name of an environment variable, and a default after a colon");
            return {};
        }
        if (auto const found = environment_.find(to.name); found != environment_.end())
            return found->second;
        if (!to.otherwise)
            report(problems_,
                   where,
                   path,
                   fmt::format("the environment has no variable {}, and no default is given",
                               to.name));
        return std::string{to.otherwise.value_or("")};
    }

    variables const& environment_;
    problems& problems_;
};

} // namespace

void expand(node& tree, variables const& environment, problems& found) {
    expander{environment, found}.visit(tree, {});
}

} // namespace copg::config::detail
