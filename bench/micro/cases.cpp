// SPDX-License-Identifier: BSL-1.0
#include "micro/cases.hpp"

#include <utility>

namespace copg::micro {
namespace {

using maker = std::vector<comparison> (*)(std::string const&, amount const&);

std::vector<std::pair<char const*, maker>> const makers{{"acquire", acquire_case},
                                                        {"select", select_case},
                                                        {"rows", rows_case},
                                                        {"stream", stream_case},
                                                        {"copy-in", copy_in_case},
                                                        {"copy-out", copy_out_case},
                                                        {"batch", batch_case},
                                                        {"tenant", tenant_case},
                                                        {"limit", limit_case},
                                                        {"scope", scope_case}};

} // namespace

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    for (auto const& [name, make] : makers)
        names.emplace_back(name);
    return names;
}

std::vector<comparison>
make_case(std::string const& name, std::string const& dsn, amount const& how_much) {
    for (auto const& [known, make] : makers)
        if (name == known)
            return make(dsn, how_much);
    return {};
}

} // namespace copg::micro
