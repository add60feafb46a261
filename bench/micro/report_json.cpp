// SPDX-License-Identifier: BSL-1.0
#include "micro/report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/version.hpp>

#include <fstream>
#include <stdexcept>

namespace copg::micro {
namespace {

namespace json = boost::json;

json::object as_json(spread const& of) {
    return {{"median", of.median}, {"min", of.minimum}, {"max", of.maximum}};
}

json::object as_json(measured::one_side const& of) {
    return {{"client_cpu_ns", as_json(of.cpu_ns)},
            {"time_ns", as_json(of.wall_ns)},
            {"allocations", of.allocations}};
}

json::value goal_of(measured const& row) {
    if (!row.what.limit)
        return nullptr;
    auto const ratio = row.what.limit->what == goal::measure::ratio;
    return json::object{{"of", ratio ? "ratio" : "difference_ns"},
                        {"most", row.what.limit->most},
                        {"met", row.meets_goal()}};
}

json::object as_json(measured const& row, std::size_t rounds) {
    return {{"name", row.what.name},
            {"transport", row.transport},
            {"against", row.what.against},
            {"unit", row.what.unit},
            {"operations", row.what.units},
            {"rounds", rounds},
            {"base", as_json(row.base)},
            {"copg", as_json(row.copg)},
            {"ratio", as_json(row.ratio)},
            {"difference_ns", as_json(row.difference_ns)},
            {"goal", goal_of(row)}};
}

} // namespace

void write_json(std::string const& file,
                std::vector<measured> const& rows,
                std::string const& server,
                std::size_t rounds) {
    json::array list;
    for (auto const& row : rows)
        list.push_back(as_json(row, rounds));
    json::object const whole{{"versions",
                              json::object{{"copg", COPG_VERSION},
                                           {"postgresql", server},
                                           {"boost", BOOST_LIB_VERSION},
                                           {"compiler", __VERSION__}}},
                             {"rows", std::move(list)}};
    std::ofstream out{file};
    out << json::serialize(whole) << '\n';
    if (!out.flush())
        throw std::runtime_error{"cannot write " + file};
}

} // namespace copg::micro
