// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/base/with_deadline.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

namespace copg::detail {

struct deadline_timer::state {
    explicit state(asio::any_io_executor const& executor) : timer{executor} {}

    asio::steady_timer timer;
    asio::cancellation_signal signal;
    bool expired = false;
    bool over = false;
};

deadline_timer::deadline_timer(asio::any_io_executor const& executor,
                               std::chrono::nanoseconds limit)
    : state_{std::make_shared<state>(executor)} {
    state_->timer.expires_after(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(limit));
    state_->timer.async_wait([shared = state_](boost::system::error_code const& ec) {
        if (ec || shared->over)
            return;
        shared->expired = true;
        shared->signal.emit(asio::cancellation_type::terminal);
    });
}

deadline_timer::~deadline_timer() {
    if (from_.is_connected())
        from_.clear();
    state_->over = true; // its handler may be queued already
    state_->timer.cancel();
}

asio::cancellation_slot deadline_timer::slot() noexcept {
    return state_->signal.slot();
}

void deadline_timer::forward(asio::cancellation_slot from) {
    from_ = from;
    if (from_.is_connected())
        from_.assign(
            [shared = state_](asio::cancellation_type type) { shared->signal.emit(type); });
}

void deadline_timer::rethrow(std::exception_ptr const& failure) const {
    try {
        std::rethrow_exception(failure);
    } catch (boost::system::system_error const& aborted) {
        if (state_->expired && aborted.code() == asio::error::operation_aborted)
            throw error{errc::deadline_exceeded, "the operation did not end before its deadline"};
        throw;
    }
}

} // namespace copg::detail
