// SPDX-License-Identifier: BSL-1.0
#include "driver/cancel_request.hpp"

#include "base/helper_threads.hpp"

#include <libpq-fe.h>

#include <array>

#ifdef LIBPQ_HAS_ASYNC_CANCEL
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <unistd.h>
#endif

namespace copg::detail {

void cancel_request::forget() noexcept {
    std::lock_guard const lock{mutex_};
    ended_ = nullptr;
}

void cancel_request::report_end() {
    std::lock_guard const lock{mutex_};
    if (ended_)
        ended_();
    ended_ = nullptr;
    over_.store(true, std::memory_order_release);
}

#ifdef LIBPQ_HAS_ASYNC_CANCEL

namespace {

struct cancel_deleter {
    void operator()(PGcancelConn* connection) const noexcept { PQcancelFinish(connection); }
};

/// The steps of a request. Asio waits on a duplicate of libpq's socket, which changes at any step.
class stepper : public std::enable_shared_from_this<stepper> {
public:
    stepper(std::shared_ptr<cancel_request> request,
            std::unique_ptr<PGcancelConn, cancel_deleter> connection,
            asio::any_io_executor const& executor)
        : request_{std::move(request)},
          connection_{std::move(connection)},
          descriptor_{asio::make_strand(executor)} {}

    // Posted, since the caller may hold a lock that the end of the request takes.
    void start() {
        asio::post(descriptor_.get_executor(),
                   [self = shared_from_this()] { self->wait(PGRES_POLLING_WRITING); });
    }

private:
    void wait(PostgresPollingStatusType wanted) {
        auto const reading = wanted == PGRES_POLLING_READING;
        if (!reading && wanted != PGRES_POLLING_WRITING) {
            request_->report_end();
            return;
        }
        boost::system::error_code failed;
        auto const copy = ::dup(PQcancelSocket(connection_.get()));
        descriptor_.close(failed);
        descriptor_.assign(copy, failed);
        if (failed) {
            request_->report_end();
            return;
        }
        descriptor_.async_wait(reading ? asio::posix::stream_descriptor::wait_read
                                       : asio::posix::stream_descriptor::wait_write,
                               [self = shared_from_this()](boost::system::error_code const& ec) {
                                   self->wait(ec ? PGRES_POLLING_FAILED
                                                 : PQcancelPoll(self->connection_.get()));
                               });
    }

    std::shared_ptr<cancel_request> request_;
    std::unique_ptr<PGcancelConn, cancel_deleter> connection_;
    asio::posix::stream_descriptor descriptor_;
};

} // namespace

std::shared_ptr<cancel_request> cancel_request::start(pg_conn* connection,
                                                      asio::any_io_executor const& executor,
                                                      std::function<void()> ended) {
    std::unique_ptr<PGcancelConn, cancel_deleter> made{PQcancelCreate(connection)};
    if (made == nullptr || PQcancelStart(made.get()) != 1)
        return nullptr;
    auto request = std::make_shared<cancel_request>(std::move(ended));
    std::make_shared<stepper>(request, std::move(made), executor)->start();
    return request;
}

#else

std::shared_ptr<cancel_request> cancel_request::start(pg_conn* connection,
                                                      asio::any_io_executor const&,
                                                      std::function<void()> ended) {
    std::shared_ptr<PGcancel> const target{PQgetCancel(connection), &PQfreeCancel};
    if (target == nullptr)
        return nullptr;
    auto request = std::make_shared<cancel_request>(std::move(ended));
    auto perform = [request, target] {
        std::array<char, 256> message{};
        PQcancel(target.get(), message.data(), static_cast<int>(message.size()));
        request->report_end();
    };
    if (!helper_threads::for_peers().submit(std::move(perform)))
        return nullptr;
    return request;
}

#endif

} // namespace copg::detail
