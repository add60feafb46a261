// SPDX-License-Identifier: BSL-1.0
#include "driver/connect_attempt.hpp"
#include "driver/runner.hpp"

#include <copg/driver/connection.hpp>

#include <boost/asio/this_coro.hpp>

namespace copg {

connection::connection(std::shared_ptr<detail::connection_impl> impl, session bound_to) noexcept
    : impl_{std::move(impl)}, session_{std::move(bound_to)} {}

connection::connection(std::shared_ptr<detail::connection_impl> borrowed) noexcept
    : impl_{std::move(borrowed)}, owned_{false} {}

connection::connection(connection&&) noexcept = default;
connection& connection::operator=(connection&& other) noexcept {
    if (owned_)
        close();
    impl_ = std::move(other.impl_);
    session_ = std::move(other.session_);
    owned_ = other.owned_;
    return *this;
}
connection::~connection() {
    if (owned_)
        close();
}

asio::awaitable<connection> connection::connect(connect_options options, session bound_to) {
    auto const executor = co_await asio::this_coro::executor;
    auto impl = co_await detail::connect(executor, std::move(options));
    co_return connection{std::move(impl), std::move(bound_to)};
}

asio::awaitable<result> connection::run(statement statement) const {
    if (impl_ == nullptr)
        return detail::failed(error{errc::connection_lost, "the connection was moved from"});
    return detail::run_statement(impl_, session_, std::move(statement));
}

asio::awaitable<detail::bound_connection> connection::bind() const {
    if (impl_ == nullptr)
        throw error{errc::connection_lost, "the connection was moved from"};
    co_return detail::bound_connection{impl_, session_};
}

bool connection::is_open() const noexcept {
    return impl_ != nullptr && impl_->is_alive();
}

void connection::close() noexcept {
    if (impl_ != nullptr)
        impl_->close();
}

int connection::backend_pid() const noexcept {
    return impl_ == nullptr ? 0 : impl_->backend_pid();
}

std::string connection::parameter_status(char const* name) const {
    return impl_ == nullptr ? std::string{} : impl_->parameter_status(name);
}

std::uint64_t connection::round_trips() const noexcept {
    return impl_ == nullptr ? 0 : impl_->round_trips();
}

} // namespace copg
