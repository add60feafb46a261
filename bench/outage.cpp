// SPDX-License-Identifier: BSL-1.0
#include "outage.hpp"

#include "dataset.hpp"

#include <copg/driver/connection.hpp>
#include <copg/pool/pool.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace copg::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using time_point = steady_clock::time_point;

constexpr milliseconds bucket{10};
constexpr std::size_t buckets_averaged = 5; // for "throughput is back"
constexpr double back = 0.9;
constexpr std::chrono::seconds longest_recovery{10};

double in_seconds(steady_clock::duration time) {
    return std::chrono::duration<double>{time}.count();
}

asio::awaitable<void> pause_for(steady_clock::duration time) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> connect_until_accepted(std::string dsn, std::atomic<bool>& given_up) {
    while (!given_up) {
        try {
            auto const connection = co_await connection::connect(dsn.c_str());
            co_return;
        } catch (error const&) { // not yet
        }
        co_await pause_for(milliseconds{1});
    }
}

/// Stops the server and starts it again, on threads of its own.
class interruption {
public:
    interruption(testing::temporary_cluster& server, std::string dsn, double seconds)
        : server_{server}, dsn_{std::move(dsn)}, seconds_{seconds}, thread_{[this] { run(); }} {}
    ~interruption() { thread_.join(); }
    interruption(interruption const&) = delete;
    interruption& operator=(interruption const&) = delete;

    bool is_over() const { return over_; }
    /// When the server accepted connections again; once is_over(). @throws why it does not
    time_point accepting_since() const {
        if (failure_)
            std::rethrow_exception(failure_);
        return accepting_;
    }

private:
    void run() noexcept {
        try {
            server_.stop();
            std::this_thread::sleep_for(std::chrono::duration<double>{seconds_});
            std::atomic<bool> given_up = false;
            std::thread finder{[&] { find(given_up); }};
            try {
                server_.start();
            } catch (...) {
                failure_ = std::current_exception();
                given_up = true;
            }
            finder.join();
        } catch (...) {
            failure_ = std::current_exception();
        }
        over_ = true;
    }

    void find(std::atomic<bool>& given_up) {
        asio::io_context loop{1};
        asio::co_spawn(loop, connect_until_accepted(dsn_, given_up), asio::detached);
        loop.run();
        accepting_ = steady_clock::now();
    }

    testing::temporary_cluster& server_;
    std::string const dsn_;
    double const seconds_;
    time_point accepting_{}; // written before over_
    std::exception_ptr failure_;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

/// All on one thread, but for the interruption.
class outage_run {
public:
    outage_run(testing::temporary_cluster& server,
               std::string dsn,
               workload const& row,
               double seconds,
               std::function<void(double)> progress)
        : server_{server},
          dsn_{std::move(dsn)},
          row_{row},
          seconds_{seconds},
          progress_{std::move(progress)},
          random_{row.seed},
          pool_{loop_.get_executor(), connect_options{dsn_}, options_of(row)},
          sql_{fmt::format("select v from {}.items where id = $1", schema_of(0))} {
        result_.row = row;
        result_.transport =
            pool_.target().target().parameter("host").starts_with('/') ? "unix" : "tcp";
    }

    outage_measurement finish() {
        asio::co_spawn(loop_, whole(), [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        });
        loop_.run();
        return std::move(result_);
    }

private:
    static pool_options options_of(workload const& row) {
        pool_options options;
        options.minimum = row.connections;
        options.maximum = row.connections;
        return options;
    }

    asio::awaitable<void> whole() {
        {
            auto const saved = co_await connection::connect(dsn_.c_str());
            co_await saved.execute("checkpoint"); // what the load reads outlives the crash
        }
        start_ = steady_clock::now();
        for (std::size_t i = 0; i < row_.coroutines; ++i) {
            ++running_;
            asio::co_spawn(loop_, repeat(), asio::detached);
        }
        co_await run_until(start_ + as_duration(row_.seconds), 0.3);
        if (failure_)
            std::rethrow_exception(failure_);
        note_before();
        co_await interrupt();
        stopping_ = true;
        while (running_ > 0)
            co_await pause_for(bucket);
        pool_.close();
    }

    static steady_clock::duration as_duration(double seconds) {
        return std::chrono::duration_cast<steady_clock::duration>(
            std::chrono::duration<double>{seconds});
    }

    asio::awaitable<void> run_until(time_point end, double share) {
        while (steady_clock::now() < end)
            co_await pause_for(bucket);
        progress_(share);
    }

    /// Without the first tenth, in which connections are made.
    void note_before() {
        auto const first = done_.size() / 10;
        std::uint64_t sum = 0;
        for (auto i = first; i + 1 < done_.size(); ++i)
            sum += done_[i];
        auto const count = done_.size() - first;
        if (count > 1)
            result_.operations_per_second_before =
                static_cast<double>(sum) / static_cast<double>(count - 1) / in_seconds(bucket);
    }

    asio::awaitable<void> interrupt() {
        auto const failed_before = pool_.statistics().connects_failed;
        auto const stopped = steady_clock::now();
        interrupted_ = true;
        interruption const under_way{server_, dsn_, seconds_};
        auto failed = failed_before;
        while (!under_way.is_over()) {
            failed = pool_.statistics().connects_failed;
            co_await pause_for(milliseconds{1});
        }
        progress_(0.6);
        auto const up = under_way.accepting_since();
        result_.down = in_seconds(up - stopped);
        result_.connects_failed = failed - failed_before;
        auto const end = up + longest_recovery;
        while (!is_back(up) && steady_clock::now() < end)
            co_await pause_for(bucket);
        // The pool may have been there a moment before the loop that tries; nobody was much
        // earlier.
        auto const first = std::upper_bound(successes_.begin(), successes_.end(), up - bucket);
        if (first == successes_.end())
            throw error{errc::connect_failed, "the pool did not recover within ten seconds"};
        result_.first_success = std::max(0.0, in_seconds(*first - up));
    }

    /// Whether so many buckets in a row, after the server was back, have enough.
    bool is_back(time_point up) {
        auto const needed = back * result_.operations_per_second_before * in_seconds(bucket) *
                            static_cast<double>(buckets_averaged);
        auto const first = static_cast<std::size_t>((up - start_) / bucket) + 1;
        auto const whole = done_.empty() ? std::size_t{0} : done_.size() - 1; // the last one grows
        for (auto i = first; i + buckets_averaged <= whole; ++i) {
            std::uint64_t sum = 0;
            for (std::size_t j = 0; j < buckets_averaged; ++j)
                sum += done_[i + j];
            if (static_cast<double>(sum) < needed)
                continue;
            auto const when = start_ + bucket * static_cast<int>(i + buckets_averaged);
            result_.recovered = in_seconds(when - up);
            return true;
        }
        return false;
    }

    asio::awaitable<void> repeat() {
        while (!stopping_) {
            auto const failed = co_await operate();
            if (failed)
                co_await pause_for(milliseconds{1});
        }
        --running_;
    }

    asio::awaitable<bool> operate() {
        try {
            auto lease = co_await pool_.acquire();
            auto const id = std::uniform_int_distribution<int>{1, rows_per_tenant}(random_);
            auto const value = co_await lease.fetch_one<std::string>(sql_, id);
            note_success();
            co_return false;
        } catch (error const& e) {
            if (interrupted_)
                ++result_.errors[e.code().message()];
            else
                failure_ = std::current_exception();
        }
        co_return true;
    }

    void note_success() {
        auto const now = steady_clock::now();
        auto const at = static_cast<std::size_t>((now - start_) / bucket);
        if (at >= done_.size())
            done_.resize(at + 1);
        ++done_[at];
        if (interrupted_ && (successes_.empty() || now - successes_.back() >= milliseconds{1}))
            successes_.push_back(now);
    }

    testing::temporary_cluster& server_;
    std::string const dsn_;
    workload const row_;
    double const seconds_;
    std::function<void(double)> progress_;
    asio::io_context loop_{1};
    std::mt19937_64 random_;
    pool pool_;
    std::string const sql_;
    outage_measurement result_;
    time_point start_{};
    std::exception_ptr failure_;        // before the stop
    std::vector<std::uint64_t> done_;   // operations in each bucket since start_
    std::vector<time_point> successes_; // from the stop on, one a millisecond
    std::size_t running_ = 0;
    bool interrupted_ = false;
    bool stopping_ = false;
};

} // namespace

outage_measurement measure_outage(testing::temporary_cluster& server,
                                  std::string const& dsn,
                                  workload const& row,
                                  double seconds,
                                  std::function<void(double)> progress) {
    return outage_run{server, dsn, row, seconds, std::move(progress)}.finish();
}

} // namespace copg::bench
