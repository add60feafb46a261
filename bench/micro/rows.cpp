// SPDX-License-Identifier: BSL-1.0
// A large result, read into a vector of structs.
#include "micro/cases.hpp"
#include "micro/client.hpp"
#include "micro/item.hpp"

#include <fmt/format.h>

namespace copg::micro {
namespace {

std::string all_sql() {
    return fmt::format("select id, number, label, ratio from {}.items limit $1", schema);
}

double sum_of(std::vector<item> const& items) {
    double sum = 0;
    for (auto const& one : items)
        sum += checksum(one);
    return sum;
}

double plain_rows(plain_connection& on, std::size_t count, bool pipeline) {
    auto const bytes = fmt::format("{}", count);
    char const* const value = bytes.c_str();
    on.check(PQsendQueryPrepared(on.get(), "all", 1, &value, nullptr, nullptr, 1));
    if (pipeline)
        on.sync();
    auto const got = on.next();
    std::vector<item> items;
    auto const rows = PQntuples(got.get());
    items.reserve(static_cast<std::size_t>(rows));
    for (int row = 0; row < rows; ++row)
        items.push_back(item_of(got.get(), row));
    if (pipeline)
        on.skip_to_sync();
    else
        on.next();
    return sum_of(items);
}

asio::awaitable<void> copg_rows(connection& on, std::size_t count, double& sum) {
    auto const sql = all_sql();
    auto const items = co_await on.fetch<item>(sql, static_cast<std::int64_t>(count));
    sum = sum_of(items);
}

comparison compare(std::string const& dsn, amount const& how_much, bool pipeline) {
    auto const theirs = std::make_shared<plain_connection>(dsn);
    auto const ours = std::make_shared<client>(dsn);
    auto const wanted = std::make_shared<double>(0);
    theirs->prepare("all", all_sql());
    if (pipeline)
        theirs->enter_pipeline();
    comparison made;
    made.name = "rows";
    made.against = pipeline ? with_pipeline : without_pipeline;
    made.unit = "row";
    made.units = how_much.rows;
    made.base = [=](std::size_t count) { *wanted = plain_rows(*theirs, count, pipeline); };
    made.copg = [=](std::size_t count) {
        double sum = 0;
        ours->finish(copg_rows(ours->on(), count, sum));
        expect_equal(*wanted, sum);
    };
    if (pipeline)
        made.limit = goal{goal::measure::ratio, 1.25};
    return made;
}

} // namespace

std::vector<comparison> rows_case(std::string const& dsn, amount const& how_much) {
    return {compare(dsn, how_much, true), compare(dsn, how_much, false)};
}

} // namespace copg::micro
