// SPDX-License-Identifier: BSL-1.0
// One row by its key, one statement after the other.
#include "micro/cases.hpp"
#include "micro/client.hpp"
#include "micro/item.hpp"

#include <fmt/format.h>

#include <endian.h>
#include <utility>

namespace copg::micro {
namespace {

void plain_pipeline(plain_connection& on, std::size_t count, std::size_t rows, double& sum) {
    for (std::size_t i = 0; i < count; ++i) {
        send_select(on, id_of(i, rows));
        on.sync();
        sum += static_cast<double>(receive_number(on));
        on.skip_to_sync();
    }
}

void plain_simple(plain_connection& on, std::size_t count, std::size_t rows, double& sum) {
    for (std::size_t i = 0; i < count; ++i) {
        send_select(on, id_of(i, rows));
        sum += static_cast<double>(receive_number(on));
        on.next(); // null: the end
    }
}

asio::awaitable<void>
copg_select(connection& on, std::size_t count, std::size_t rows, double& sum) {
    auto const sql = select_sql();
    for (std::size_t i = 0; i < count; ++i) {
        auto const number = co_await on.fetch_one<std::int64_t>(sql, id_of(i, rows));
        sum += static_cast<double>(number);
    }
}

using plain_work = void (*)(plain_connection&, std::size_t, std::size_t, double&);

side plain_side(std::shared_ptr<plain_connection> const& on,
                plain_work work,
                std::size_t rows,
                std::shared_ptr<double> const& sum) {
    return [=](std::size_t count) { work(*on, count, rows, *sum = 0); };
}

/// @param wanted  what the base has seen
comparison compare(std::string const& dsn,
                   amount const& how_much,
                   char const* against,
                   side base,
                   std::shared_ptr<double> const& wanted) {
    auto const rows = how_much.rows;
    auto const ours = std::make_shared<client>(dsn);
    comparison made;
    made.name = "select";
    made.against = against;
    made.unit = "statement";
    made.units = how_much.statements;
    made.slices = slices_of(made.units);
    made.base = std::move(base);
    made.copg = [=](std::size_t count) {
        double sum = 0;
        ours->finish(copg_select(ours->on(), count, rows, sum));
        expect_equal(*wanted, sum);
    };
    return made;
}

} // namespace

std::string select_sql(bool qualified) {
    return fmt::format("select number from {}items where id = $1",
                       qualified ? fmt::format("{}.", schema) : "");
}

std::shared_ptr<plain_connection> prepared_select(std::string const& dsn) {
    auto made = std::make_shared<plain_connection>(dsn);
    made->prepare("one", select_sql());
    return made;
}

void send_select(plain_connection& on, std::int32_t id) {
    auto const bytes = htobe32(static_cast<std::uint32_t>(id));
    char const* const value = reinterpret_cast<char const*>(&bytes);
    int const length = sizeof bytes;
    int const binary = 1;
    on.check(PQsendQueryPrepared(on.get(), "one", 1, &value, &length, &binary, 1));
}

std::int64_t receive_number(plain_connection& on) {
    auto const got = on.next();
    return integer_of(got.get(), 0, 0);
}

std::vector<comparison> select_case(std::string const& dsn, amount const& how_much) {
    auto const seen = std::make_shared<double>(0);
    auto const piped = prepared_select(dsn);
    piped->enter_pipeline();
    auto const rows = how_much.rows;
    std::vector<comparison> made{
        compare(dsn, how_much, with_pipeline, plain_side(piped, plain_pipeline, rows, seen), seen),
        compare(dsn,
                how_much,
                without_pipeline,
                plain_side(prepared_select(dsn), plain_simple, rows, seen),
                seen),
        compare(dsn, how_much, with_asio, asio_select(dsn, rows, seen), seen)};
    made.front().limit = goal{goal::measure::difference_ns, 2'000};
    return made;
}

} // namespace copg::micro
