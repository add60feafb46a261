// SPDX-License-Identifier: BSL-1.0
#include "driver/copy_exchange.hpp"

namespace copg::detail {
namespace {

constexpr char abandoned[] = "the client gave up";

} // namespace

exchange::progress copy_exchange::read(wire& wire, binding& binding, backend_state&) {
    while (true) {
        if (state_ == state::sending) {
            refused_ = wire.copy_was_refused();
            return progress::waiting;
        }
        if (state_ == state::receiving && !receive(wire))
            return received_bytes_ >= most_bytes ? progress::paused : progress::waiting;
        auto answered = wire.next_result();
        if (answered == nullptr)
            break;
        accept(std::move(answered), wire, binding);
    }
    return end_simple(wire, binding);
}

/// Takes in rows; true once they are all there.
bool copy_exchange::receive(wire& wire) {
    while (received_bytes_ < most_bytes) {
        auto piece = wire.get_copy_data();
        if (piece.over) {
            state_ = state::closing;
            return true;
        }
        if (piece.bytes == nullptr)
            return false;
        if (discarding_)
            continue;
        received_bytes_ += piece.size;
        received_.push_back(std::move(piece));
    }
    return false;
}

void copy_exchange::accept(pg_result_handle answered, wire& wire, binding& binding) {
    switch (PQresultStatus(answered.get())) {
    case PGRES_COPY_IN:
        state_ = way_ = state::sending;
        binary_ = PQbinaryTuples(answered.get()) == 1;
        if (discarding_)
            finish(wire, abandoned);
        return;
    case PGRES_COPY_OUT:
        state_ = way_ = state::receiving;
        binary_ = PQbinaryTuples(answered.get()) == 1;
        return;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        if (!answer_.failed())
            answer_.error = wire::error_of(answered.get(), answer_);
        state_ = state::closing;
        return;
    default:
        if (state_ == state::opening && !answer_.failed())
            answer_.error = std::make_exception_ptr(
                error{errc::unsupported_statement,
                      "the statement is not a COPY FROM STDIN or TO STDOUT"});
        state_ = state::closing;
        answer_.tag = PQcmdStatus(answered.get());
        binding.tag_seen(answer_.tag);
    }
}

bool copy_exchange::has_news() const noexcept {
    if (state_ == state::sending)
        return refused_ || !waits_for_flush_;
    return !received_.empty();
}

void copy_exchange::finish(wire& wire, char const* reason) {
    state_ = state::closing;
    wire.put_copy_end(reason);
}

std::unique_ptr<exchange> copy_exchange::detach(wire& wire) {
    auto rest = std::make_unique<copy_exchange>(connection_, sql_);
    rest->discarding_ = true;
    rest->state_ = state_;
    if (state_ == state::sending)
        rest->finish(wire, abandoned);
    return rest;
}

std::exception_ptr copy_exchange::loss(std::string const& message) {
    // A FATAL error in place of the tag says that nothing was committed.
    if (answer_.state != sqlstate{} && answer_.tag.empty())
        return answer_.error;
    // A COPY that sends can have committed by itself before its last byte is here.
    auto const lost = in_transaction_ || state_ == state::sending;
    return std::make_exception_ptr(
        lost_error(lost ? errc::connection_lost : errc::statement_in_doubt, message));
}

} // namespace copg::detail
