// SPDX-License-Identifier: BSL-1.0
// A hundred selects in one flush.
#include "micro/cases.hpp"
#include "micro/client.hpp"
#include "micro/item.hpp"

#include <algorithm>

namespace copg::micro {
namespace {

constexpr std::size_t statements = statements_of_a_turn;

// A segment for each statement when they are independent, one for all when they are atomic.
void plain_batch(plain_connection& on, batch::mode how, std::size_t rows, double& sum) {
    auto const independent = how == batch::mode::independent;
    for (std::size_t i = 0; i < statements; ++i) {
        send_select(on, id_of(i, rows));
        if (independent)
            on.sync();
    }
    if (!independent)
        on.sync();
    for (std::size_t i = 0; i < statements; ++i) {
        sum += static_cast<double>(receive_number(on));
        if (independent)
            on.skip_to_sync();
        else
            on.next(); // null: the end of the statement
    }
    if (!independent)
        on.skip_to_sync();
}

asio::awaitable<void>
copg_batch(connection& on, batch::mode how, std::size_t count, std::size_t rows, double& sum) {
    auto const sql = select_sql();
    for (std::size_t done = 0; done < count; done += statements) {
        batch wanted{how};
        for (std::size_t i = 0; i < statements; ++i)
            wanted.add(sql, id_of(i, rows));
        auto const outcomes = co_await on.pipeline(std::move(wanted));
        for (auto const& outcome : outcomes)
            sum += static_cast<double>(read_row<std::int64_t>(outcome.rows(), 0));
    }
}

comparison compare(std::string const& dsn, amount const& how_much, batch::mode how) {
    auto const theirs = prepared_select(dsn);
    auto const ours = std::make_shared<client>(dsn);
    auto const wanted = std::make_shared<double>(0);
    auto const rows = how_much.rows;
    theirs->enter_pipeline();
    comparison made;
    made.name = how == batch::mode::atomic ? "batch, atomic" : "batch, independent";
    made.against = with_pipeline;
    made.unit = "statement";
    made.units = std::max<std::size_t>(how_much.statements / statements, 1) * statements;
    made.slices = slices_of(made.units);
    made.base = [=](std::size_t count) {
        *wanted = 0;
        for (std::size_t done = 0; done < count; done += statements)
            plain_batch(*theirs, how, rows, *wanted);
    };
    made.copg = [=](std::size_t count) {
        double sum = 0;
        ours->finish(copg_batch(ours->on(), how, count, rows, sum));
        expect_equal(*wanted, sum);
    };
    return made;
}

} // namespace

std::vector<comparison> batch_case(std::string const& dsn, amount const& how_much) {
    return {compare(dsn, how_much, batch::mode::independent),
            compare(dsn, how_much, batch::mode::atomic)};
}

} // namespace copg::micro
