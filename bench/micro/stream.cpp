// SPDX-License-Identifier: BSL-1.0
// The rows of a large result, one by one as they come.
#include "micro/cases.hpp"
#include "micro/client.hpp"
#include "micro/item.hpp"

#include <fmt/format.h>

namespace copg::micro {
namespace {

std::string all_sql() {
    return fmt::format("select id, number, label, ratio from {}.items limit $1", schema);
}

double plain_stream(plain_connection& on, std::size_t count) {
    auto const bytes = fmt::format("{}", count);
    char const* const value = bytes.c_str();
    on.check(PQsendQueryPrepared(on.get(), "all", 1, &value, nullptr, nullptr, 1));
    on.sync();
    on.check(PQsetSingleRowMode(on.get()));
    double sum = 0;
    while (auto const row = on.next()) {
        if (PQresultStatus(row.get()) == PGRES_SINGLE_TUPLE)
            sum += checksum(item_of(row.get(), 0));
    }
    on.skip_to_sync();
    return sum;
}

asio::awaitable<void> copg_stream(connection& on, std::size_t count, double& sum) {
    auto const sql = all_sql();
    auto const add = [&sum](item const& row) { sum += checksum(row); };
    co_await on.for_each<item>(add, sql, static_cast<std::int64_t>(count));
}

} // namespace

std::vector<comparison> stream_case(std::string const& dsn, amount const& how_much) {
    auto const theirs = std::make_shared<plain_connection>(dsn);
    auto const ours = std::make_shared<client>(dsn);
    auto const wanted = std::make_shared<double>(0);
    theirs->prepare("all", all_sql());
    theirs->enter_pipeline();
    comparison made;
    made.name = "stream";
    made.against = "libpq, single-row mode";
    made.unit = "row";
    made.units = how_much.rows;
    made.base = [=](std::size_t count) { *wanted = plain_stream(*theirs, count); };
    made.copg = [=](std::size_t count) {
        double sum = 0;
        ours->finish(copg_stream(ours->on(), count, sum));
        expect_equal(*wanted, sum);
    };
    made.limit = goal{goal::measure::ratio, 1.25};
    return {made};
}

} // namespace copg::micro
