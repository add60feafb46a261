// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/exchange.hpp"
#include "driver/row_buffer.hpp"

#include <span>
#include <vector>

namespace copg::detail {

/// Segments that go out together, and their answers.
class segment_exchange : public exchange {
public:
    /// The segments must live until they are sent, the answers until the end.
    segment_exchange(connection_impl& connection,
                     std::span<segment const> segments,
                     std::span<segment_answer> answers) noexcept
        : exchange{connection}, segments_{segments}, answers_{answers}, connection_{connection} {}

    /// How many segments have been answered as a whole.
    std::size_t answered() const noexcept { return answered_; }

    /// The rows of the last segment's statement come one by one.
    void stream_into(row_buffer& rows) noexcept { rows_ = &rows; }

    void send(wire& wire) override;
    progress read(wire& wire, binding& binding, backend_state& backend) override;
    bool has_news() const noexcept override { return rows_ != nullptr && !rows_->empty(); }
    std::unique_ptr<exchange> detach(wire& wire) override;
    bool can_be_stopped() const noexcept override { return !segments_[answered_].is_reset; }
    segment_answer& under_way() noexcept override { return answers_[answered_]; }
    bool has_failed() noexcept override;
    std::exception_ptr loss(std::string const& message) override;

protected:
    void point_to(std::span<segment const> segments, std::span<segment_answer> answers) noexcept {
        segments_ = segments;
        answers_ = answers;
    }

private:
    row_buffer* rows_of_current() const noexcept {
        return answered_ + 1 == segments_.size() ? rows_ : nullptr;
    }

    std::span<segment const> segments_;
    std::span<segment_answer> answers_;
    connection_impl& connection_;
    row_buffer* rows_ = nullptr;
    std::size_t answered_ = 0;
};

} // namespace copg::detail
