// SPDX-License-Identifier: BSL-1.0
#include "driver/prelude_shape.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <mutex>

namespace copg::detail {

std::string quote_literal(std::string_view text) {
    std::string quoted{'\''};
    for (char const c : text) {
        if (c == '\'')
            quoted += '\'';
        quoted += c;
    }
    return quoted += '\'';
}

std::string set_config_sql(std::vector<std::string> const& settings, bool local) {
    std::string sql = "select ";
    for (std::size_t i = 0; i < settings.size(); ++i)
        fmt::format_to(std::back_inserter(sql),
                       "{}set_config({}, ${}, {})",
                       i == 0 ? "" : ", ",
                       quote_literal(settings[i]),
                       i + 1,
                       local);
    return sql;
}

std::string with_schema_checks(std::string sql, std::size_t parameters, std::size_t schemas) {
    for (std::size_t i = 1; i <= schemas; ++i)
        fmt::format_to(std::back_inserter(sql), ", ${}::text::regnamespace", parameters + i);
    return sql;
}

prelude_shape::prelude_shape(std::vector<std::string> const& settings, std::size_t schemas) {
    auto const plain = set_config_sql(settings, true);
    auto const checking = with_schema_checks(plain, settings.size(), schemas);
    auto const timed = [&settings](std::string const& sql, std::size_t parameters) {
        return fmt::format("{}{}set_config('statement_timeout', ${}, true)",
                           sql,
                           settings.empty() ? "" : ", ",
                           parameters + 1);
    };
    sql_ = {
        plain, checking, timed(plain, settings.size()), timed(checking, settings.size() + schemas)};
}

std::shared_ptr<prelude_shape const> prelude_shape::of(std::vector<std::string> const& settings,
                                                       std::size_t schemas) {
    using key = std::pair<std::vector<std::string>, std::size_t>;
    static std::mutex mutex;
    static std::map<key, std::weak_ptr<prelude_shape const>> shapes; // guarded by mutex

    std::lock_guard const lock{mutex};
    auto& known = shapes[key{settings, schemas}];
    auto shape = known.lock();
    if (shape == nullptr) {
        std::erase_if(shapes, [&known](auto const& entry) {
            return &entry.second != &known && entry.second.expired();
        });
        shape = std::make_shared<prelude_shape const>(settings, schemas);
        known = shape;
    }
    return shape;
}

} // namespace copg::detail
