// SPDX-License-Identifier: BSL-1.0
#include "driver/batch.hpp"

#include "driver/perform.hpp"
#include "driver/runner.hpp"

#include <boost/container/deque.hpp>

#include <fmt/format.h>

#include <exception>

namespace copg::detail {
namespace {

using milliseconds = std::chrono::milliseconds;
using builder_list = boost::container::deque<
    segment_builder,
    void,
    boost::container::deque_options_t<boost::container::block_size<16U>>>; // they cannot be moved

void check(statement const& statement, session const& session) {
    auto const kind = classify(statement.sql());
    refuse_unsupported(kind);
    if (is_transaction_control(kind) || kind == statement_kind::transaction_point ||
        (kind == statement_kind::procedure && !session.empty()))
        throw error{errc::unsupported_statement,
                    "transaction control, and CALL and DO under a session, cannot be part of a "
                    "batch: run them by themselves"};
}

/// A batch on its way. What the segments point to lives here until they are sent.
class batch_run {
public:
    batch_run(connection_impl& connection, session const& session, batch const& wanted)
        : connection_{connection}, session_{session}, wanted_{wanted} {
        for (auto const& statement : wanted_.statements())
            check(statement, session_);
    }

    asio::awaitable<std::vector<outcome>> run();

private:
    void build();
    void build_atomic();
    void build_independent();
    segment_builder& builder_for(statement const& statement);
    segment build_next(binding& next, statement const& statement);
    std::exception_ptr failure_at(std::size_t index, segment_answer const& answer) const;
    milliseconds limit_of_all() const;
    asio::awaitable<std::vector<outcome>> run_atomic();
    void start_over();
    asio::awaitable<outcome> outcome_of(std::size_t index);
    std::vector<outcome> atomic_outcomes();

    connection_impl& connection_;
    session const& session_;
    batch const& wanted_;
    std::string const begin_sql_;
    binding now_;
    builder_list builders_;
    std::vector<segment> segments_;
    std::vector<segment_answer> answers_;
    std::size_t first_ = 0; // behind the reset
    bool whole_ = true;     // every segment was answered
    exchange::clock::time_point started_;
    std::vector<result> collected_;
    std::vector<std::size_t> items_; // of an atomic segment: where each statement's item is
};

segment_builder& batch_run::builder_for(statement const& statement) {
    auto const traits = traits_of(statement.sql());
    connection_.backend().mark(traits.after);
    return builders_.emplace_back(connection_.backend(),
                                  session_,
                                  statement,
                                  traits,
                                  begin_sql_,
                                  limit_of(connection_, statement));
}

void batch_run::build() {
    now_ = connection_.binding_now();
    auto const resets = resets_first(connection_);
    prepare_to_build(connection_);
    started_ = exchange::clock::now();
    if (resets)
        segments_.push_back(
            reset_segment(connection_.backend().reset_due(), errc::connection_lost));
    first_ = segments_.size();
    segments_.reserve(first_ + wanted_.size());
    if (wanted_.how() == batch::mode::atomic)
        build_atomic();
    else
        build_independent();
    auto const commits = now_.state() == transaction_state::idle;
    for (auto& segment : segments_)
        segment.on_loss = commits ? errc::statement_in_doubt : errc::connection_lost;
    answers_.resize(segments_.size());
}

void batch_run::build_independent() {
    auto next = now_;
    for (auto const& statement : wanted_.statements()) {
        segments_.push_back(build_next(next, statement));
        next.segment_ended(now_.state());
    }
}

/// Builds the segment of a statement for what will hold when it is its turn.
segment batch_run::build_next(binding& next, statement const& statement) {
    auto& builder = builder_for(statement);
    auto const wish = builder.wish();
    auto const plan = next.plan(statement_kind::ordinary, wish);
    auto built = builder.build(plan, next.prelude_sets_limit(wish));
    if (plan.contains(step::prelude))
        next.prelude_succeeded(wish.limit);
    if (plan.contains(step::limit))
        next.limit_succeeded(wish.limit);
    return built;
}

// One segment is one implicit transaction: one prelude, then all statements.
void batch_run::build_atomic() {
    segment whole;
    auto next = now_;
    for (auto const& statement : wanted_.statements()) {
        auto const piece = build_next(next, statement);
        next.segment_ended(transaction_state::open); // to the next one it looks like one
        whole.checked_schemas = std::max(whole.checked_schemas, piece.checked_schemas);
        whole.limit = limit_of(connection_, statement); // the last one stands
        whole.drops_statements = whole.drops_statements || piece.drops_statements;
        whole.items.insert(whole.items.end(), piece.items.begin(), piece.items.end());
        items_.push_back(whole.items.size() - 1);
    }
    segments_.push_back(std::move(whole));
}

// A limit for each is a limit for all; one that has none leaves the whole without.
milliseconds batch_run::limit_of_all() const {
    milliseconds sum{0};
    for (auto const& statement : wanted_.statements()) {
        auto const limit = limit_of(connection_, statement);
        if (limit.count() <= 0)
            return milliseconds{0};
        sum += limit;
    }
    return sum;
}

asio::awaitable<std::vector<outcome>> batch_run::run() {
    std::vector<outcome> outcomes;
    if (wanted_.size() == 0)
        co_return outcomes;
    if (wanted_.how() == batch::mode::atomic) {
        outcomes = co_await run_atomic();
        co_return outcomes;
    }
    build();
    segment_exchange e{connection_, segments_, answers_};
    auto const limit = limit_of_all();
    try {
        co_await connection_.perform(e, limit);
        e.throw_if_failed();
    } catch (error const&) {
        if (e.answered() <= first_)
            throw;
        whole_ = false;
        auto const failure = std::current_exception(); // of all that were not answered
        for (auto i = e.answered(); i < answers_.size(); ++i)
            answers_[i].error = failure;
    }
    if (first_ == 1 && answers_[0].failed())
        throw reset_failed(connection_);
    outcomes.reserve(wanted_.size());
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
        if (auto& answer = answers_[first_ + i]; !answer.failed()) {
            outcomes.emplace_back(std::move(answer.rows));
            continue;
        }
        auto next = co_await outcome_of(i);
        outcomes.push_back(std::move(next));
    }
    co_return outcomes;
}

asio::awaitable<std::vector<outcome>> batch_run::run_atomic() {
    for (bool retried = false;; retried = true) {
        build();
        answers_[first_].collects = &collected_;
        segment_exchange e{connection_, segments_, answers_};
        auto const limit = limit_of_all();
        co_await connection_.perform(e, limit);
        e.throw_if_failed();
        if (first_ == 1 && answers_[0].failed())
            throw reset_failed(connection_);
        auto const lost = now_.state() == transaction_state::idle &&
                          lost_own_statement(segments_[first_], answers_[first_]);
        if (retried || !lost)
            co_return atomic_outcomes();
        start_over();
    }
}

void batch_run::start_over() {
    segments_.clear();
    answers_.clear();
    builders_.clear();
    collected_.clear();
    items_.clear();
}

// A statement that failed only because a prepared plan was outdated is run again by itself, unless
// it stood in a transaction, which has failed with it.
asio::awaitable<outcome> batch_run::outcome_of(std::size_t index) {
    auto const& answer = answers_[first_ + index];
    if (!whole_ || now_.state() != transaction_state::idle ||
        !lost_own_statement(segments_[first_ + index], answer))
        co_return outcome{failure_at(index, answer)};
    try {
        auto rows = co_await run_statement(
            connection_.shared_from_this(), session_, wanted_.statements()[index], usage::held);
        co_return outcome{std::move(rows)};
    } catch (std::exception const&) {
        co_return outcome{std::current_exception()};
    }
}

std::exception_ptr batch_run::failure_at(std::size_t index, segment_answer const& answer) const {
    return failure_of(answer, limit_of(connection_, wanted_.statements()[index]), started_);
}

std::vector<outcome> batch_run::atomic_outcomes() {
    auto const& answer = answers_[first_];
    std::vector<outcome> outcomes;
    if (!answer.failed()) {
        for (auto& rows : collected_)
            outcomes.emplace_back(std::move(rows));
        return outcomes;
    }
    auto const cause = std::find_if(items_.begin(), items_.end(), [&answer](std::size_t item) {
        return item >= answer.failed_item;
    });
    auto const position = cause - items_.begin();
    auto const others = std::make_exception_ptr(
        error{errc::batch_aborted,
              fmt::format("statement {} of the atomic batch failed: nothing of it was kept",
                          position + 1)});
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
        auto const guilty = cause == items_.end() || static_cast<std::size_t>(position) == i;
        outcomes.emplace_back(guilty ? failure_at(i, answer) : others);
    }
    return outcomes;
}

} // namespace

asio::awaitable<std::vector<outcome>> run_batch(bound_connection bound, batch wanted) {
    auto const where =
        wanted.size() == 0 ? std::source_location::current() : wanted.statements()[0].where();
    claim const mine{bound.connection, where};
    if (!is_ready(*bound.connection))
        co_await get_ready(*bound.connection);
    batch_run running{*bound.connection, bound.session, wanted};
    auto outcomes = co_await running.run();
    co_return outcomes;
}

} // namespace copg::detail
