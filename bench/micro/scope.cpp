// SPDX-License-Identifier: BSL-1.0
// What it costs a statement to find its transaction scope and to join it.
#include "micro/cases.hpp"
#include "micro/client.hpp"
#include "micro/item.hpp"

#include <copg/scope/transaction.hpp>

#include <boost/asio/co_spawn.hpp>

namespace copg::micro {
namespace {

/// Selects of a database handle, which has one connection.
class scoped_client {
public:
    explicit scoped_client(std::string const& dsn) {
        pool_options options;
        options.maximum = 1;
        options.health_interval = std::chrono::milliseconds{0};
        db_.emplace(pool{loop_.get_executor(), connect_options{dsn}, options});
    }

    enum class how { alone, joined };
    void run(how way, std::size_t count, std::size_t rows, double& sum) {
        loop_.restart();
        std::exception_ptr failure;
        auto ended = false;
        auto all = way == how::joined ? in_scope(*db_, count, rows, sum)
                                      : selects(*db_, select_sql(), count, rows, sum);
        asio::co_spawn(loop_, std::move(all), [&](std::exception_ptr thrown) {
            failure = std::move(thrown);
            ended = true;
        });
        while (!ended)
            loop_.run_one();
        if (failure)
            std::rethrow_exception(failure);
    }

    template <class On>
    static asio::awaitable<void>
    selects(On on, std::string text, std::size_t count, std::size_t rows, double& sum) {
        for (std::size_t i = 0; i < count; ++i) {
            auto const number = co_await on.template fetch_one<std::int64_t>(text, id_of(i, rows));
            sum += static_cast<double>(number);
        }
    }

private:
    static asio::awaitable<void>
    in_scope(database db, std::size_t count, std::size_t rows, double& sum) {
        auto const body = [&] { return selects(db, select_sql(), count, rows, sum); };
        co_await transaction(db, body);
    }

    asio::io_context loop_{1};
    std::optional<database> db_;
};

asio::awaitable<void>
in_transaction(connection& on, std::size_t count, std::size_t rows, double& sum) {
    auto const text = select_sql();
    co_await on.execute("begin");
    for (std::size_t i = 0; i < count; ++i) {
        auto const number = co_await on.fetch_one<std::int64_t>(text, id_of(i, rows));
        sum += static_cast<double>(number);
    }
    co_await on.execute("commit");
}

} // namespace

std::vector<comparison> scope_case(std::string const& dsn, amount const& how_much) {
    using how = scoped_client::how;
    auto const plain = std::make_shared<client>(dsn);
    auto const scoped = std::make_shared<scoped_client>(dsn);
    auto const wanted = std::make_shared<double>(0);
    auto const rows = how_much.rows;
    comparison joined;
    joined.name = "scope";
    joined.against = "copg, BEGIN by hand";
    joined.unit = "statement";
    joined.units = how_much.statements;
    joined.slices = slices_of(joined.units);
    joined.base = [=](std::size_t count) {
        plain->finish(in_transaction(plain->on(), count, rows, *wanted = 0));
    };
    joined.copg = [=](std::size_t count) {
        double sum = 0;
        scoped->run(how::joined, count, rows, sum);
        expect_equal(*wanted, sum);
    };
    auto beside = joined;
    beside.name = "scope-alone";
    beside.against = "copg, outside a scope";
    beside.base = [=](std::size_t count) { scoped->run(how::alone, count, rows, *wanted = 0); };
    beside.limit = {goal::measure::difference_ns, 150};
    return {joined, beside};
}

} // namespace copg::micro
