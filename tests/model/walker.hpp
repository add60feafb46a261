// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "model/worlds.hpp"

#include <copg/scope/transaction.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace copg::model {

namespace asio = boost::asio;

/// Choices that depend on a seed alone.
class dice {
public:
    explicit dice(std::uint64_t seed) : random_{seed} {}

    int below(int bound) { return std::uniform_int_distribution{0, bound - 1}(random_); }
    bool one_in(int n) { return below(n) == 0; }
    std::uint64_t seed() { return random_(); }
    template <class T>
    T const& pick(std::vector<T> const& from) {
        return from[std::uniform_int_distribution<std::size_t>{0, from.size() - 1}(random_)];
    }

private:
    std::mt19937_64 random_;
};

/// Where in a program a coroutine is.
struct place {
    int level = 0; ///< the innermost one
    int depth = 0; ///< of calls of transaction() and of parallel parts
    int first_key = 0;
    int keys = 8;
    std::vector<std::pair<int, transaction_scope>> scopes; ///< with the levels they stand for
    std::shared_ptr<std::vector<std::shared_ptr<lease const>>> leases;

    place() : leases{std::make_shared<std::vector<std::shared_ptr<lease const>>>()} {}

    /// The same place, whose leases are its own.
    place copy() const;
};

/// What became of the body of a call of transaction().
struct body_note {
    bool started = false;
    std::exception_ptr failure;

    body_note() = default;
};

/// Runs one program of nested scopes that its seed makes, and follows it in the model.
class walker {
public:
    /// @param target  on a pool of its own; tables item and aside (id, value)
    /// @param killer  on another pool
    walker(database target, database killer, std::uint64_t seed);

    /// @throws violation
    asio::awaitable<void> run();

    /// What it did, for messages.
    std::string const& trace() const noexcept { return trace_; }

private:
    using part = asio::awaitable<void>;

    // The program (walker.cpp).

    part start();
    part whole(std::uint64_t seed);
    part check_end();
    asio::awaitable<bool> try_check();
    void learn_end(std::exception_ptr const& failure, body_note const& note);
    part resolve(std::exception_ptr failure);

    // Its steps (walker_steps.cpp).

    part inside(place at, std::uint64_t seed, bool joined, std::shared_ptr<body_note> note);
    part steps(place at, std::uint64_t seed);
    part next(place const& at, dice& random);
    part next_piece(place const& at, dice& random);
    part nested(place at, std::uint64_t seed, transaction_options options);
    part parallel(place at, std::uint64_t seed);
    static part cut_short(part piece, std::chrono::microseconds after, bool by_deadline);

    // Its pieces (walker_pieces.cpp).

    part statement(place at, request wanted, std::uint64_t seed);
    part send(place at, request wanted, std::uint64_t seed, reply& seen);
    part hidden(place at, std::uint64_t seed);
    part write_aside(int key, int value);
    part write_aside_together(place at, std::uint64_t seed);
    part lend(place at);
    part add_callback(place at, std::uint64_t seed);
    part forbid(place at, std::uint64_t seed);
    part kill(place at, std::uint64_t seed);
    part kill_later(int pid);
    part called(int id, bool throws);

    template <class Observation>
    void observe(Observation observation);
    void note(std::string const& what);

    database const target_;
    database const killer_;
    dice random_;
    worlds model_;
    int last_id_ = 0;
    int last_value_ = 100;
    bool has_parallel_ = false;
    bool with_kill_ = false;
    bool killed_ = false;
    bool kill_pending_ = false;
    std::vector<int> called_;
    std::string trace_;
    std::exception_ptr violation_; ///< the first
};

template <class Observation>
void walker::observe(Observation observation) {
    if (violation_)
        std::rethrow_exception(violation_);
    try {
        observation();
    } catch (violation const&) {
        violation_ = std::current_exception();
        throw;
    }
}

/// What bodies throw.
class thrown_by_body : public std::exception {};

bool has_code(std::exception_ptr const& failure, std::error_code code);
bool is_cancelled(std::exception_ptr const& failure);

/// @throws violation when a statement of a program cannot end so
answer answer_of(std::exception_ptr const& failure);

} // namespace copg::model
