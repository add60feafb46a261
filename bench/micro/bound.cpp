// SPDX-License-Identifier: BSL-1.0
// What goes in front of a statement: the binding to a tenant, and a time limit.
#include "micro/cases.hpp"
#include "micro/client.hpp"
#include "micro/item.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace copg::micro {
namespace {

std::string search_path() {
    return fmt::format("\"{}\", pg_temp", schema);
}

// The statement that copg sends for a session with a schema (docs/tenant-binding.md).
void send_prelude(plain_connection& on, std::string const& path) {
    std::array<char const*, 3> const values{path.c_str(), "none", nullptr};
    on.check(PQsendQueryPrepared(on.get(), "prelude", 3, values.data(), nullptr, nullptr, 1));
}

void plain_tenant(plain_connection& on, std::size_t count, std::size_t rows, double& sum) {
    auto const path = search_path();
    for (std::size_t i = 0; i < count; ++i) {
        send_prelude(on, path);
        send_select(on, id_of(i, rows));
        on.sync();
        on.next(); // the prelude's
        on.next(); // null: its end
        sum += static_cast<double>(receive_number(on));
        on.skip_to_sync();
    }
}

asio::awaitable<void>
copg_selects(connection& on, copg::sql text, std::size_t count, std::size_t rows, double& sum) {
    for (std::size_t i = 0; i < count; ++i) {
        auto const number = co_await on.fetch_one<std::int64_t>(text, id_of(i, rows));
        sum += static_cast<double>(number);
    }
}

} // namespace

std::vector<comparison> tenant_case(std::string const& dsn, amount const& how_much) {
    auto const theirs = std::make_shared<plain_connection>(dsn);
    auto const ours = std::make_shared<client>(dsn, session{schema});
    auto const wanted = std::make_shared<double>(0);
    auto const rows = how_much.rows;
    theirs->prepare("prelude",
                    "select set_config('search_path', $1, true), set_config('role', $2, true), "
                    "set_config('app.current_tenant', $3, true)");
    theirs->run("set search_path = " + search_path());
    theirs->prepare("one", select_sql(false));
    theirs->run("reset search_path");
    theirs->enter_pipeline();
    comparison made;
    made.name = "tenant";
    made.against = "libpq, same prelude";
    made.unit = "statement";
    made.units = how_much.statements;
    made.slices = slices_of(made.units);
    made.base = [=](std::size_t count) { plain_tenant(*theirs, count, rows, *wanted = 0); };
    made.copg = [=](std::size_t count) {
        auto const text = select_sql(false);
        double sum = 0;
        ours->finish(copg_selects(ours->on(), text, count, rows, sum));
        expect_equal(*wanted, sum);
    };
    return {made};
}

std::vector<comparison> limit_case(std::string const& dsn, amount const& how_much) {
    auto const ours = std::make_shared<client>(dsn);
    auto const wanted = std::make_shared<double>(0);
    auto const rows = how_much.rows;
    auto const select = [=](std::chrono::milliseconds limit, std::size_t count, double& sum) {
        auto const text = select_sql();
        ours->finish(copg_selects(ours->on(), sql{text}.timeout(limit), count, rows, sum));
    };
    comparison made;
    made.name = "limit";
    made.against = "copg, no limit";
    made.unit = "statement";
    made.units = how_much.statements;
    made.slices = slices_of(made.units);
    made.base = [=](std::size_t count) { select({}, count, *wanted = 0); };
    made.copg = [=](std::size_t count) {
        double sum = 0;
        select(std::chrono::minutes{1}, count, sum);
        expect_equal(*wanted, sum);
    };
    return {made};
}

} // namespace copg::micro
