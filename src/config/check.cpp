// SPDX-License-Identifier: BSL-1.0
#include "config/check.hpp"

#include "base/nearest.hpp"
#include "config/settle.hpp"

#include <copg/base/duration.hpp>
#include <copg/base/error.hpp>
#include <copg/config/convert.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg::config::detail {
namespace {

bool is_good_name(std::string_view name) {
    auto const is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
    });
}

/// What copg can say of a definition, each sentence once.
class definition_check {
public:
    definition_check(located_definition const& of, problems& found)
        : of_{of}, value_{of.value}, problems_{found} {}

    void run() {
        if (!is_good_name(value_.name))
            complain("a name begins with a letter or _ and goes on with letters, digits, _ . -");
        if (!of_.has_type)
            return;
        if (value_.type != database_type::postgres) {
            check_other_type();
        } else {
            check_target();
            check_postgres();
        }
    }

private:
    bool has(std::string_view key) const { return of_.keys.find(key) != of_.keys.end(); }

    void complain(std::string sentence, std::string_view key = {}) {
        report(problems_, of_.place_of(key), path_of(key), std::move(sentence));
    }

    std::string path_of(std::string_view key) const {
        return has(key) ? fmt::format("{}.{}", of_.path, key) : of_.path;
    }

    void check_other_type() {
        if (value_.type == database_type::sqlite && !has("filepath") && !has("dsn"))
            complain("filepath is missing");
        warn(problems_,
             of_.place_of("type"),
             path_of("type"),
             fmt::format("copg does not serve {}; asking for this connection is an error",
                         to_string(value_.type)));
    }

    void check_target() {
        std::vector<std::string_view> unused;
        for (auto const* field : {"host", "port", "database", "user", "password"}) {
            if (has("dsn") && has(field))
                unused.emplace_back(field);
            else if (!has("dsn") && !has(field) && (field[0] == 'h' || field[0] == 'd'))
                complain(fmt::format("{} is missing, and there is no dsn", field));
        }
        if (!unused.empty())
            warn(problems_,
                 of_.place_of(unused.front()),
                 of_.path,
                 fmt::format("the dsn says it all: {} is not used", fmt::join(unused, ", ")));
    }

    void check_postgres() {
        if (has("dsn") ? !value_.dsn : !value_.host || !value_.database)
            return; // said already
        try {
            auto const target = dsn_of(value_);
            std::vector<complaint> complaints;
            settle(value_, target, complaints);
            check_doubles(target, complaints);
            for (auto const& c : complaints)
                (c.harmless ? warn
                            : report)(problems_, of_.place_of(c.key), path_of(c.key), c.sentence);
            if (value_.section == section::dbpool_definitions && value_.pool.maximum == 0u)
                complain("must be at least 1", "max_conns");
        } catch (error const& e) {
            complain(e.what(), has("dsn") ? "dsn" : "host");
        }
        check_session();
    }

    void check_doubles(dsn const& target, std::vector<complaint>& complaints) const {
        for (auto const& [key, parameter] : {std::pair{"sslmode", "sslmode"},
                                             std::pair{"schema", "search_path"},
                                             std::pair{"connect_timeout", "connect_timeout"},
                                             std::pair{"query_timeout", "statement_timeout"}})
            if (has("dsn") && has(key) && target.gives(parameter))
                complaints.push_back(
                    {key, fmt::format("is not used: the dsn has a {}", parameter), true});
    }

    void check_session() {
        for (auto const& [setting, value] : value_.rls_context)
            if (setting.find('.') == setting.npos)
                complain(fmt::format(
                             "\"{}\" must be a name with a dot, such as app.{}", setting, setting),
                         "rls_context");
        try {
            session_of(value_);
        } catch (error const& e) {
            if (e.code() == errc::invalid_session)
                complain(e.what(), has("schema") ? "schema" : "rls_context");
        }
    }

    located_definition const& of_;
    definition const& value_;
    problems& problems_;
};

void check_names(read_result const& all, problems& found) {
    for (auto one = all.definitions.begin(); one != all.definitions.end(); ++one) {
        auto const earlier = std::find_if(all.definitions.begin(), one, [&](auto const& other) {
            return other.value.name == one->value.name;
        });
        if (earlier != one)
            report(found,
                   one->where,
                   one->path,
                   fmt::format("the name is taken by {} ({}:{})",
                               earlier->path,
                               earlier->where.file,
                               earlier->where.line));
    }
}

void check_manager(read_result const& all, problems& found) {
    std::vector<std::string> names;
    for (auto const& one : all.definitions)
        if (one.value.section == section::dbmanager)
            names.push_back(one.value.name);
    if (names.empty()) {
        report(found, all.manager_place, "dbmanager", "there are no connections");
        return;
    }
    auto const& wanted = all.manager.default_connection;
    if (!wanted.empty() && std::ranges::count(names, wanted) == 0) {
        auto const meant = copg::detail::nearest(wanted, names);
        report(found,
               all.manager_keys.at("default_connection"),
               "dbmanager.default_connection",
               fmt::format("there is no connection of this name{}",
                           meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
    }
    auto const [delay, longest] = std::pair{all.manager.retry_delay, all.manager.retry_max_delay};
    if (delay > longest)
        report(found,
               all.manager_keys.at("retry_max_delay"),
               "dbmanager.retry_max_delay",
               fmt::format("must not be below retry_delay ({})", format_duration(delay)));
}

} // namespace

void check(read_result const& all, problems& found) {
    if (all.has_manager)
        check_manager(all, found);
    check_names(all, found);
    for (auto const& one : all.definitions)
        definition_check{one, found}.run();
}

} // namespace copg::config::detail
