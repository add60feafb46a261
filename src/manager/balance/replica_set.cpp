// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/replica_state.hpp"
#include "scope/failure_listener.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/manager/replica_set.hpp>

#include <fmt/format.h>

namespace copg {
namespace detail {

/// Shared by the handles of a set; ends its checks with the last one.
class replica_owner final : public failure_listener {
public:
    explicit replica_owner(std::shared_ptr<replica_state> shared) : state{std::move(shared)} {}
    ~replica_owner() override { state->stop(); }

    void statement_failed(std::exception_ptr const& why) noexcept override {
        try {
            std::rethrow_exception(why);
        } catch (sql_error const& refused) {
            if (refused.state() == sqlstate::read_only_sql_transaction)
                state->suspect();
        } catch (...) {
            return; // says nothing of the node's role
        }
    }

    std::shared_ptr<replica_state> const state;
};

} // namespace detail

namespace {

asio::awaitable<void> check_now(std::shared_ptr<detail::replica_owner> owner) {
    auto const& state = owner->state;
    co_await state->check(state);
}

} // namespace

std::vector<std::string> replica_options::problems() const {
    using std::chrono::milliseconds;
    std::vector<std::string> found;
    if (check_interval < milliseconds{0})
        found.emplace_back("check_interval is negative");
    if (check_timeout < milliseconds{1})
        found.emplace_back("check_timeout is less than 1 ms");
    if (maximum_lag && *maximum_lag < milliseconds{0})
        found.emplace_back("maximum_lag is negative");
    return found;
}

replica_options const& replica_options::checked() const {
    auto const found = problems();
    if (!found.empty())
        throw error{errc::invalid_configuration,
                    fmt::format("invalid replica options: {}", fmt::join(found, "; "))};
    return *this;
}

replica_set::replica_set(asio::any_io_executor const& executor,
                         connect_options const& nodes,
                         session const& bound_to,
                         pool_options const& pools,
                         replica_options const& options) {
    auto state = std::make_shared<detail::replica_state>(executor, nodes, bound_to, pools, options);
    owner_ = std::make_shared<detail::replica_owner>(state);
    state->start();
}

database replica_set::primary() const {
    return owner_->state->primary().told_to(owner_);
}

balanced replica_set::reads() const {
    return balanced{std::shared_ptr<detail::balance_state>{owner_, &owner_->state->reads()}};
}

std::vector<replica_status> replica_set::status() const {
    return owner_->state->status();
}

asio::awaitable<void> replica_set::check() const {
    return check_now(owner_);
}

void replica_set::close() const noexcept {
    owner_->state->close();
}

} // namespace copg
