// SPDX-License-Identifier: BSL-1.0
#include "driver/handshake.hpp"

#include "driver/borrowed_descriptor.hpp"
#include "driver/connect_error.hpp"
#include "driver/off_loop.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <mutex>
#include <new>

namespace copg::detail {
namespace {

/// OpenSSL cleans up at exit, which no step may still be under way to see.
void settle_before_openssl_ends() noexcept {
    static std::once_flag once;
    std::call_once(once, &helper_threads::settle_at_exit);
}

asio::awaitable<void> wait_for_socket(handshake const& shaking, time_limit const& limit) {
    limit.check(); // what has expired already will interrupt nothing
    auto const strand = co_await asio::this_coro::executor;
    borrowed_descriptor lent{strand, shaking.socket()};
    time_limit::interruption const interruptible{limit, [&lent] { lent.stop(); }};
    auto const direction = shaking.waits_to_read() ? asio::posix::stream_descriptor::wait_read
                                                   : asio::posix::stream_descriptor::wait_write;
    boost::system::error_code ec;
    co_await lent.descriptor().async_wait(direction, asio::redirect_error(asio::use_awaitable, ec));
    limit.check();
    if (ec)
        throw boost::system::system_error{ec, "connect"};
}

} // namespace

handshake::~handshake() {
    if (connection_ == nullptr)
        return;
    try {
        std::shared_ptr<PGconn> const ended{std::move(connection_)};
        helper_threads::for_files().submit([ended] {});
    } catch (std::bad_alloc const&) { // finished right here
    }
}

void handshake::start() {
    std::vector<char const*> names;
    std::vector<char const*> values;
    for (auto const& [name, value] : keywords_) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    connection_ = pg_connection{PQconnectStartParams(names.data(), values.data(), 0)};
    if (connection_ == nullptr)
        throw std::bad_alloc{};
    PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE); // for the SQLSTATE
    PQsetNoticeReceiver(connection_.get(), [](void*, PGresult const*) {}, nullptr);
    if (PQstatus(connection_.get()) != CONNECTION_BAD)
        wanted_ = PGRES_POLLING_WRITING; // as libpq documents: as if PQconnectPoll had said so
}

void handshake::step() {
    wanted_ = PQconnectPoll(connection_.get());
    if (PQsslInUse(connection_.get()) == 1)
        settle_before_openssl_ends();
}

pg_connection handshake::result() {
    if (wanted_ != PGRES_POLLING_OK)
        std::rethrow_exception(connect_error(PQerrorMessage(connection_.get())));
    PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
    return std::move(connection_);
}

asio::awaitable<pg_connection> shake_hands(keyword_list keywords, time_limit const& limit) {
    auto& helpers = helper_threads::for_files();
    auto const shaking = std::make_shared<handshake>(std::move(keywords));
    std::function<void()> const start = [shaking] { shaking->start(); };
    std::function<void()> const step = [shaking] { shaking->step(); };
    co_await off_loop(helpers, start, limit);
    while (shaking->waits()) {
        co_await wait_for_socket(*shaking, limit);
        co_await off_loop(helpers, step, limit);
    }
    co_return shaking->result();
}

} // namespace copg::detail
