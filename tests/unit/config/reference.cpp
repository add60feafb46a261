// SPDX-License-Identifier: BSL-1.0
// The reference page says what the code does.
#include "config/keys.hpp"
#include "driver/dsn_text.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace copg::config::detail;

namespace {

using cells = std::vector<std::string>;

std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(' '));
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

/// The rows of the table under this heading, without its head.
std::vector<cells> table(std::string const& heading) {
    std::ifstream page{std::string{COPG_SOURCE_ROOT} + "/docs/guide/configuration.md"};
    BOOST_TEST_REQUIRE(page.is_open());
    std::vector<cells> rows;
    auto inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("#"))
            inside = line == heading;
        if (!inside || !line.starts_with("| `"))
            continue;
        auto& row = rows.emplace_back();
        for (auto at = line.find('|'); at + 1 < line.size(); at = line.find('|', at + 1))
            row.push_back(trimmed(line.substr(at + 1, line.find('|', at + 1) - at - 1)));
    }
    return rows;
}

std::string in_code(std::string_view text) {
    return fmt::format("`{}`", text);
}

std::string other_names(key const& of) {
    std::vector<std::string> names;
    for (auto const alias : of.aliases)
        names.push_back(in_code(alias));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string places(key const& of) {
    std::vector<std::string> names;
    for (auto const& [flag, name] : {std::pair{in_dbpool, "pool"},
                                     std::pair{in_connection, "connection"},
                                     std::pair{in_manager, "all"}})
        if ((of.places & flag) != 0)
            names.emplace_back(name);
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string default_in(unsigned place, key const& of, std::string_view value) {
    return (of.places & place) == 0 ? "" : value.empty() ? "–" : in_code(value);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_config_reference)

BOOST_AUTO_TEST_CASE(the_page_lists_each_key_as_the_code_reads_it) {
    auto const rows = table("## Keys");
    BOOST_TEST_REQUIRE(rows.size() == keys().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const& known = keys()[i];
        cells const expected{in_code(known.name),
                             other_names(known),
                             places(known),
                             std::string{known.type()},
                             default_in(in_dbpool, known, known.dbpool_default),
                             default_in(in_connection | in_manager, known, known.manager_default)};
        BOOST_TEST_REQUIRE(rows[i].size() == 7u, known.name);
        cells const written{rows[i].begin(), rows[i].begin() + 6};
        BOOST_TEST(written == expected, boost::test_tools::per_element());
        for (auto const choice : known.choices)
            BOOST_TEST(rows[i].back().find(in_code(choice)) != std::string::npos,
                       known.name << ": " << choice);
    }
}

BOOST_AUTO_TEST_CASE(the_file_that_the_page_shows_has_nothing_wrong) {
    std::ifstream page{std::string{COPG_SOURCE_ROOT} + "/docs/guide/configuration.md"};
    std::string text{std::istreambuf_iterator<char>{page}, {}};
    text.erase(0, text.find("```yaml\n") + 8);
    text.erase(text.find("```"));
    auto const read = copg::test::load_text(text, {{"SHOP_PASSWORD", "secret"}});
    BOOST_TEST(copg::test::texts(read.problems).empty());
    BOOST_TEST(read.value.definitions.size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_page_lists_each_parameter_for_the_pool) {
    auto const rows = table("## Parameters of the pool in a connection string");
    auto const names = copg::detail::pool_parameter_names();
    BOOST_TEST(rows.size() == names.size());
    for (auto const name : names)
        BOOST_TEST(std::ranges::count(rows, in_code(name), [](auto const& r) { return r[0]; }) == 1,
                   name);
}

BOOST_AUTO_TEST_SUITE_END()
