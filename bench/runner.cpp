// SPDX-License-Identifier: BSL-1.0
#include "runner.hpp"

#include "dataset.hpp"

#include <copg/pool/pool.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <sys/resource.h>

namespace copg::bench {
namespace {

using std::chrono::steady_clock;
using time_point = steady_clock::time_point;

constexpr std::size_t batch = 100; // of uncontended acquires between two looks at the clock
constexpr std::size_t most_in_flight = 1'000'000;

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

steady_clock::duration as_duration(double seconds) {
    return std::chrono::duration_cast<steady_clock::duration>(
        std::chrono::duration<double>{seconds});
}

/// One row while it runs; all on one thread.
class run {
public:
    run(std::string const& dsn, workload const& row, std::function<void(double)> progress)
        : progress_{std::move(progress)},
          row_{row},
          random_{row.seed},
          pool_{loop_.get_executor(), connect_options{dsn}, options_of(row)} {
        for (std::size_t tenant = 0; tenant < row.tenants; ++tenant)
            sessions_.emplace_back(schema_of(tenant));
        sql_ = row.what == mode::plain
                   ? fmt::format("select v from {}.items where id = $1", schema_of(0))
                   : "select v from items where id = $1";
        result_.row = row;
        result_.transport =
            pool_.target().target().parameter("host").starts_with('/') ? "unix" : "tcp";
    }

    measurement finish() {
        asio::co_spawn(loop_, whole(), [this](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
            pool_.close();
        });
        loop_.run();
        return std::move(result_);
    }

private:
    static pool_options options_of(workload const& row) {
        pool_options options;
        options.minimum = row.connections;
        options.maximum = row.connections;
        options.fairness_quantum = row.quantum;
        options.reset = row.strict_reset ? reset_policy::always : reset_policy::standard;
        return options;
    }

    asio::awaitable<void> whole() {
        asio::steady_timer timer{loop_};
        auto const first = co_await pool_.acquire(); // reports an unreachable server
        while (pool_.statistics().connecting > 0) {
            timer.expires_after(std::chrono::milliseconds{1});
            co_await timer.async_wait(asio::use_awaitable);
        }
        start_ = steady_clock::now();
        auto const warm = start_ + as_duration(row_.seconds * 0.1);
        end_ = start_ + as_duration(row_.seconds);
        start_load();
        co_await report_until(warm);
        begin_measuring();
        co_await report_until(end_);
        end_measuring();
        while (in_flight_ > 0) {
            timer.expires_after(std::chrono::milliseconds{1});
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    void start_load() {
        if (row_.rate > 0) {
            ++in_flight_;
            asio::co_spawn(loop_, generate(), asio::detached);
            return;
        }
        for (std::size_t i = 0; i < row_.coroutines; ++i) {
            ++in_flight_;
            asio::co_spawn(
                loop_, row_.what == mode::acquire ? acquire_only() : repeat(), asio::detached);
        }
    }

    asio::awaitable<void> report_until(time_point until) {
        asio::steady_timer timer{loop_};
        while (steady_clock::now() < until) {
            timer.expires_at(std::min(until, steady_clock::now() + std::chrono::milliseconds{100}));
            co_await timer.async_wait(asio::use_awaitable);
            progress_(std::chrono::duration<double>{steady_clock::now() - start_}.count() /
                      row_.seconds);
        }
    }

    void begin_measuring() {
        measuring_ = true;
        measured_from_ = steady_clock::now();
        cpu_from_ = cpu_seconds();
        round_trips_from_ = pool_.statistics().round_trips;
    }

    void end_measuring() {
        measuring_ = false;
        auto const now = pool_.statistics();
        result_.seconds =
            std::chrono::duration<double>{steady_clock::now() - measured_from_}.count();
        result_.client_cpu_seconds = cpu_seconds() - cpu_from_;
        result_.round_trips = now.round_trips - round_trips_from_;
        result_.connections_opened = now.connected;
    }

    bool over() const { return steady_clock::now() >= end_; }

    session const& next_session() {
        static session const none;
        if (row_.what != mode::tenant)
            return none;
        return sessions_[std::uniform_int_distribution<std::size_t>{0,
                                                                    sessions_.size() - 1}(random_)];
    }

    void note(time_point from, time_point acquired, time_point done) {
        if (!measuring_)
            return;
        result_.acquire.record(acquired - from);
        result_.operation.record(done - from);
        ++result_.operations;
    }

    void note_failure(std::exception const& e) {
        if (result_.errors++ == 0)
            result_.first_error = e.what();
    }

    asio::awaitable<void> operate(time_point from) {
        try {
            auto lease = co_await pool_.acquire(next_session());
            auto const acquired = steady_clock::now();
            if (row_.what != mode::acquire) {
                auto const id = std::uniform_int_distribution<int>{1, rows_per_tenant}(random_);
                auto const value = co_await lease.fetch_one<std::string>(sql_, id);
                bytes_seen_ += value.size();
            } else {
                co_await asio::post(loop_, asio::use_awaitable); // holds it for a turn of the loop
            }
            lease.release();
            note(from, acquired, steady_clock::now());
        } catch (error const& e) {
            note_failure(e);
        }
    }

    asio::awaitable<void> repeat() {
        while (!over())
            co_await operate(steady_clock::now());
        --in_flight_;
    }

    asio::awaitable<void> acquire_only() {
        if (row_.coroutines > 1) {
            co_await repeat();
            co_return;
        }
        while (!over()) {
            auto const from = steady_clock::now();
            for (std::size_t i = 0; i < batch; ++i) {
                auto lease = co_await pool_.acquire(next_session());
                lease.release();
            }
            auto const each = (steady_clock::now() - from) / batch;
            if (measuring_) {
                result_.acquire.record(each);
                result_.operation.record(each);
                result_.operations += batch;
            }
            co_await asio::post(loop_, asio::use_awaitable); // lets the clock of the row run
        }
        --in_flight_;
    }

    asio::awaitable<void> arrive(time_point intended) {
        co_await operate(intended);
        --in_flight_;
    }

    // Never waits for an operation: a stalled pool cannot hide the arrivals that it stalls.
    asio::awaitable<void> generate() {
        std::exponential_distribution<double> gap{row_.rate};
        asio::steady_timer timer{loop_};
        for (auto next = start_; next < end_; next += as_duration(gap(random_))) {
            if (next > steady_clock::now()) {
                timer.expires_at(next);
                co_await timer.async_wait(asio::use_awaitable);
            }
            if (in_flight_ >= most_in_flight) {
                note_failure(std::runtime_error{"a million operations are under way"});
                continue;
            }
            ++in_flight_;
            asio::co_spawn(loop_, arrive(next), asio::detached);
        }
        --in_flight_;
    }

    std::function<void(double)> progress_;
    workload row_;
    asio::io_context loop_{1};
    std::mt19937_64 random_;
    pool pool_;
    std::vector<session> sessions_;
    std::string sql_;
    measurement result_;
    time_point start_{};
    time_point end_{};
    time_point measured_from_{};
    double cpu_from_ = 0;
    std::uint64_t round_trips_from_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t bytes_seen_ = 0;
    bool measuring_ = false;
};

} // namespace

measurement
measure(std::string const& dsn, workload const& row, std::function<void(double)> progress) {
    return run{dsn, row, std::move(progress)}.finish();
}

} // namespace copg::bench
