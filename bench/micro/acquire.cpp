// SPDX-License-Identifier: BSL-1.0
// Acquire and release on an idle pool, beside the least that a pool for several threads can do.
#include "micro/cases.hpp"
#include "micro/client.hpp"

#include <copg/pool/pool.hpp>

#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace copg::micro {
namespace {

/// Lock, pop, unlock, and the same to push.
class mutex_stack {
public:
    explicit mutex_stack(std::size_t count) {
        std::thread{[] {}}.join(); // the C library skips locks for as long as there is one thread
        for (std::size_t i = 0; i < count; ++i)
            idle_.push_back(std::make_unique<int>(0));
    }
    std::unique_ptr<int> pop() {
        std::lock_guard const lock{mutex_};
        auto taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
    }
    void push(std::unique_ptr<int> given) {
        std::lock_guard const lock{mutex_};
        idle_.push_back(std::move(given));
    }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<int>> idle_;
};

constexpr std::size_t connections = 10;

/// A pool with all its connections idle, and the loop that it lives on.
class idle_pool {
public:
    explicit idle_pool(std::string const& dsn) {
        pool_options options;
        options.minimum = options.maximum = connections;
        pool_ = std::make_unique<pool>(loop_.get_executor(), connect_options{dsn}, options);
        while (pool_->statistics().idle < connections)
            loop_.run_one();
    }

    void run(std::size_t count) {
        loop_.restart();
        auto ended = false;
        asio::co_spawn(loop_, borrow(*pool_, count), [&](std::exception_ptr) { ended = true; });
        while (!ended)
            loop_.run_one();
    }

private:
    static asio::awaitable<void> borrow(pool const& from, std::size_t count) {
        session const tenant{"tenant_1"};
        for (std::size_t i = 0; i < count; ++i)
            auto const held = co_await from.acquire(tenant);
    }

    asio::io_context loop_{1};
    std::unique_ptr<pool> pool_;
};

} // namespace

std::vector<comparison> acquire_case(std::string const& dsn, amount const& how_much) {
    auto const theirs = std::make_shared<mutex_stack>(connections);
    auto const ours = std::make_shared<idle_pool>(dsn);
    comparison made;
    made.name = "acquire";
    made.against = "mutex, pop, push";
    made.unit = "acquire";
    made.units = how_much.statements * 20;
    made.slices = slices_of(how_much.statements);
    made.base = [=](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            theirs->push(theirs->pop());
    };
    made.copg = [=](std::size_t count) { ours->run(count); };
    made.limit = {goal::measure::ratio, 4};
    return {made};
}

} // namespace copg::micro
