// SPDX-License-Identifier: BSL-1.0
#include "driver/perform.hpp"
#include "driver/runner.hpp"

#include <copg/driver/row_stream.hpp>

#include <array>
#include <span>

namespace copg::detail {

/// A statement under way whose rows are taken in batches. Owns all that its sending needs.
class stream_state {
public:
    stream_state(bound_connection bound, statement statement)
        : lent_{std::move(bound.lent)},
          claim_{bound.connection, statement.where()},
          session_{std::move(bound.session)},
          statement_{std::move(statement)},
          limit_{limit_of(*bound.connection, statement_)},
          traits_{traits_of(statement_.sql())},
          builder_{connection().backend(), session_, statement_, traits_, begin_sql_, limit_} {}

    ~stream_state() {
        if (exchange_)
            connection().leave(*exchange_);
    }

    connection_impl& connection() const noexcept { return claim_.connection(); }

    void start();
    std::optional<result> take();
    asio::awaitable<bool> wait();

private:
    bool collect();
    bool at_end();

    std::shared_ptr<void> lent_;
    claim claim_;
    session const session_;
    statement const statement_;
    std::string const begin_sql_;
    std::chrono::milliseconds const limit_;
    sql_traits const traits_;
    segment_builder builder_;
    exchange::clock::time_point started_;
    bool implicit_ = false;
    bool retried_ = false;
    bool delivered_ = false;

    std::array<segment, 2> segments_; // a reset, and the statement
    std::array<segment_answer, 2> answers_;
    std::size_t main_ = 0;
    row_buffer rows_; // guarded by the connection
    std::optional<segment_exchange> exchange_;
    std::vector<result> batch_;
    std::size_t taken_ = 0;
};

void stream_state::start() {
    auto const kind = traits_.kind;
    refuse_unsupported(kind);
    if (kind != statement_kind::ordinary)
        throw error{errc::unsupported_statement,
                    "only a statement that returns rows can be read "
                    "as a stream"};
    connection().backend().mark(traits_.after);
    prepare_to_build(connection());
    auto const now = connection().binding_now();
    implicit_ = now.state() == transaction_state::idle;
    auto const on_loss = implicit_ ? errc::statement_in_doubt : errc::connection_lost;
    main_ = resets_first(connection()) ? 1 : 0;
    if (main_ == 1)
        segments_[0] = reset_segment(connection().backend().reset_due(), on_loss);
    segments_[main_] =
        builder_.build(now.plan(kind, builder_.wish()), now.prelude_sets_limit(builder_.wish()));
    segments_[main_].on_loss = on_loss;
    answers_ = {};
    exchange_.emplace(
        connection(), std::span{segments_}.first(main_ + 1), std::span{answers_}.first(main_ + 1));
    exchange_->stream_into(rows_);
    started_ = exchange::clock::now();
    connection().launch(*exchange_, limit_);
}

/// Takes over what has been received; false when there is nothing.
bool stream_state::collect() {
    if (taken_ < batch_.size())
        return true;
    batch_.clear();
    taken_ = 0;
    connection().locked([this] { rows_.swap(batch_); });
    return !batch_.empty();
}

std::optional<result> stream_state::take() {
    if (!collect() && !(connection().has_progressed(*exchange_) && collect()))
        return std::nullopt;
    delivered_ = true;
    return std::move(batch_[taken_++]);
}

asio::awaitable<bool> stream_state::wait() {
    while (true) {
        auto const progressed = connection().has_progressed(*exchange_);
        std::exception_ptr failure;
        if (!progressed) {
            try {
                co_await connection().wait(*exchange_);
            } catch (...) {
                failure = std::current_exception();
            }
        }
        if (failure) {
            connection().leave(*exchange_); // if it has not ended with that
            claim_.release();
            std::rethrow_exception(failure);
        }
        auto const more = collect();
        if (more)
            co_return true;
        auto const ended = at_end();
        if (ended)
            co_return false;
    }
}

/// Whether the statement has ended well. Starts it again when it failed before anything happened.
bool stream_state::at_end() {
    auto const ended = connection().locked([this] { return exchange_->ended; });
    if (!ended)
        return false;
    auto const& answer = answers_[main_];
    if (!exchange_->failure && !retried_ && !delivered_ && implicit_ &&
        lost_own_statement(segments_[main_], answer)) {
        retried_ = true;
        start();
        return false;
    }
    claim_.release();
    if (exchange_->failure)
        std::rethrow_exception(exchange_->failure);
    if (main_ == 1 && answers_[0].failed())
        throw reset_failed(connection());
    if (answer.failed())
        rethrow(answer, limit_, started_);
    return true;
}

raw_stream::raw_stream(std::unique_ptr<stream_state> state) noexcept : state_{std::move(state)} {}
raw_stream::raw_stream(raw_stream&&) noexcept = default;
raw_stream& raw_stream::operator=(raw_stream&&) noexcept = default;
raw_stream::~raw_stream() = default;

asio::awaitable<raw_stream> raw_stream::open(asio::awaitable<bound_connection> target,
                                             statement statement) {
    auto bound = co_await std::move(target);
    auto const turn = std::move(bound.turn);
    auto state = std::make_unique<stream_state>(std::move(bound), std::move(statement));
    if (!is_ready(state->connection()))
        co_await get_ready(state->connection());
    state->start();
    co_return raw_stream{std::move(state)};
}

std::optional<result> raw_stream::take() {
    return state_->take();
}

asio::awaitable<bool> raw_stream::wait() {
    return state_->wait();
}

} // namespace copg::detail
