// SPDX-License-Identifier: BSL-1.0
// Streams, batches, COPY, NOTIFY, time limits: the parts between the marks are in
// docs/guide/requests.md.
// Needs: a server whose connection string is the first argument, and a database to write to.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct reading {
    int sensor;
    double value;
};

asio::awaitable<void> copy_rows(copg::database db) {
    // [copy]
    auto writer = co_await db.copy_in<reading>("reading", "sensor, value");
    for (int i = 0; i < 1'000; ++i) {
        reading const row{i % 10, i / 10.0};
        co_await writer.write(row);
    }
    auto count = co_await writer.finish(); // now it counts; a writer that is dropped undoes it

    auto reader = co_await db.copy_out<reading>("select sensor, value from reading");
    auto first = co_await reader.next(); // std::optional: nothing at the end
    // [copy]
    std::cout << count << " rows, the first of sensor " << first->sensor << '\n';
}

asio::awaitable<void> stream_rows(copg::database db) {
    // [stream]
    auto rows = co_await db.stream<reading>("select * from reading where value > $1", 9);
    double sum = 0;
    while (true) {
        auto row = co_await rows.next();
        if (!row)
            break;
        sum += row->value;
    }

    auto largest = 0.0;
    auto look = [&](double value) { largest = std::max(largest, value); };
    co_await db.for_each<double>(look, "select value from reading");
    // [stream]
    std::cout << "sum " << sum << ", largest " << largest << '\n';
}

asio::awaitable<void> send_batch(copg::database db) {
    // [batch]
    copg::batch batch; // or copg::batch{copg::batch::mode::atomic}
    batch.add("insert into reading values ($1, $2)", 11, 1.5)
        .add("select 1 / $1", 0)
        .add("select count(*) from reading");
    auto outcomes = co_await db.pipeline(batch);
    auto total = outcomes[2].fetch<std::int64_t>().front();
    if (outcomes[1].failed())
        std::cout << "the second failed by itself; " << total << " rows\n";
    // [batch]
}

asio::awaitable<void> bound_in_time(copg::database db) {
    // [limits]
    try {
        co_await db.execute(copg::sql{"select pg_sleep(60)"}.timeout(50ms));
    } catch (copg::error const& e) {
        if (e.code() == copg::errc::query_timeout) // stopped on the server too
            std::cout << "took too long\n";
    }
    auto answer = co_await copg::with_deadline(5s, db.fetch_one<int>("select 42"));
    // [limits]
    std::cout << answer << '\n';
}

asio::awaitable<void> hear(copg::database db, std::string dsn) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer arrived{executor, 30s};
    // [listen]
    copg::listener_options options;
    options.on_gap = [](std::exception_ptr) { std::cout << "messages may be missed\n"; };
    copg::notification_listener listener{executor, dsn, options};
    auto call = [&](copg::notification const& message) {
        std::cout << message.channel << ": " << message.payload << '\n';
        arrived.cancel();
    };
    co_await listener.listen("orders", call);
    // [listen]
    co_await db.execute("notify orders, '17'");
    boost::system::error_code woken;
    co_await arrived.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<void> show(std::string dsn) {
    copg::manager manager{co_await asio::this_coro::executor};
    manager.set_named("main", {.dsn = dsn, .schema = "public"});
    auto db = manager.named("main");
    co_await db.execute("create table reading (sensor int, value float8)");
    co_await copy_rows(db);
    co_await stream_rows(db);
    co_await send_batch(db);
    co_await bound_in_time(db);
    co_await hear(db, dsn);
}

} // namespace

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, show(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
