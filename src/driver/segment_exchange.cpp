// SPDX-License-Identifier: BSL-1.0
#include "driver/segment_exchange.hpp"

#include "driver/connection_impl.hpp"

#include <copg/base/sql_error.hpp>

#include <algorithm>
#include <iterator>

namespace copg::detail {
namespace {

bool is_panic(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (sql_error const& e) {
        return e.severity() == "PANIC";
    } catch (...) {
        return false;
    }
}

/// The rest of an exchange that nobody waits for any more.
class detached_segments final : public segment_exchange {
public:
    detached_segments(connection_impl& connection,
                      std::span<segment const> segments,
                      std::span<segment_answer> answers)
        : segment_exchange{connection, {}, {}},
          kept_segments_{segments.begin(), segments.end()},
          kept_answers_{std::make_move_iterator(answers.begin()),
                        std::make_move_iterator(answers.end())} {
        for (auto& answer : kept_answers_)
            answer.collects = nullptr; // was in the frame of whoever left
        for (auto& segment : kept_segments_)
            segment.reply = nullptr; // likewise
        point_to(kept_segments_, kept_answers_);
    }

private:
    std::vector<segment> kept_segments_; // their texts are gone; they are sent already
    std::vector<segment_answer> kept_answers_;
};

} // namespace

void segment_exchange::send(wire& wire) {
    std::size_t sent = 0;
    auto const several = segments_.size() > 1;
    if (several)
        wire.hold_back(true);
    try {
        for (; sent < segments_.size(); ++sent)
            wire.send(segments_[sent]);
        if (several)
            wire.hold_back(false);
        if (segments_.size() == 1)
            wire.stream_first_item(segments_[0], rows_);
    } catch (error const& cause) {
        // A segment without its Sync cannot be committed, unless it holds COMMIT itself; one that
        // went out before it can.
        if (sent == 0 && segments_[0].on_loss != errc::transaction_in_doubt)
            throw;
        throw lost_error(segments_[0].on_loss, cause.what());
    }
}

exchange::progress segment_exchange::read(wire& wire, binding& binding, backend_state& backend) {
    while (answered_ < segments_.size()) {
        auto const& segment = segments_[answered_];
        auto& answer = answers_[answered_];
        auto const got = wire.read(segment, answer, binding, rows_of_current());
        if (got != progress::ended)
            return got;
        // Before the last answer libpq does not tell the state, and no segment but the last changes
        // it.
        auto const last = answered_ + 1 == segments_.size();
        binding.segment_ended(last ? wire.state() : binding.state());
        backend.learn(segment, answer);
        if (++answered_ < segments_.size())
            wire.stream_first_item(segments_[answered_], rows_of_current());
    }
    return progress::ended;
}

bool segment_exchange::has_failed() noexcept {
    return std::any_of(
        answers_.begin(), answers_.end(), [](auto const& answer) { return answer.failed(); });
}

std::unique_ptr<exchange> segment_exchange::detach(wire&) {
    return std::make_unique<detached_segments>(
        connection_, segments_.subspan(answered_), answers_.subspan(answered_));
}

std::exception_ptr segment_exchange::loss(std::string const& message) {
    auto const& segment = segments_[answered_];
    auto const& answer = answers_[answered_];
    // A FATAL error in place of an item's result says that its transaction did not commit. After
    // the last item, or without a word of the server, COMMIT may or may not have happened. Nor does
    // a PANIC tell: the log that could not be written may hold the commit all the same.
    auto const commits = segment.on_loss != errc::connection_lost;
    if (answer.state != sqlstate{} && answer.failed_item < segment.items.size() &&
        !(commits && is_panic(answer.error)))
        return answer.error;
    return std::make_exception_ptr(lost_error(segment.on_loss, message));
}

} // namespace copg::detail
