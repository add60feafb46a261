// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/replica_node.hpp"

#include "base/exception_text.hpp"
#include "driver/connect_target.hpp"

#include <copg/base/with_deadline.hpp>
#include <copg/driver/dsn_builder.hpp>

#include <tuple>
#include <utility>

namespace copg::detail {
namespace {

// What has been replayed completely is not late, however old it is, as long as more would come. The
// receiver's row is there for everybody, if only its number.
constexpr char question[] =
    "select pg_catalog.pg_is_in_recovery(), case when not pg_catalog.pg_is_in_recovery() then null "
    "when pg_catalog.pg_last_wal_replay_lsn() >= pg_catalog.pg_last_wal_receive_lsn() "
    "and exists (select from pg_catalog.pg_stat_wal_receiver) then 0 "
    "else (extract(epoch from pg_catalog.clock_timestamp() - "
    "pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::int8 end";

bool is_cancelled(std::exception_ptr const& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (boost::system::system_error const& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

} // namespace

std::vector<dsn> nodes_of(dsn const& all) {
    auto const service = all.gives("service") && !all.gives("host") && !all.gives("hostaddr");
    if (service)
        throw error{errc::invalid_configuration,
                    "a replica set needs its hosts in the connection string: those of a service "
                    "file are known only when connecting"};
    std::vector<dsn> nodes;
    for (auto const& node : targets_of(all)) {
        dsn_builder one{all};
        for (auto const& [keyword, value] : {std::pair{"host", &node.host},
                                             std::pair{"hostaddr", &node.address},
                                             std::pair{"port", &node.port}})
            if (!value->empty() || all.gives(keyword))
                one.set(keyword, *value);
        nodes.push_back(one.set("target_session_attrs", "any").build());
    }
    return nodes;
}

dsn primary_of(dsn const& all) {
    return dsn_builder{all}.set("target_session_attrs", "read-write").build();
}

replica_node::replica_node(connect_options where,
                           database reads,
                           std::optional<std::chrono::milliseconds> maximum_lag)
    : where_{std::move(where)},
      reads_{std::move(reads)},
      view_{std::make_shared<replica_view>(maximum_lag)} {}

asio::awaitable<void> replica_node::check(std::chrono::milliseconds limit) {
    auto const end = std::chrono::steady_clock::now() + limit;
    for (auto again = true; again;) {
        again = link() != nullptr; // a connection that was kept may have broken long ago
        std::exception_ptr failure;
        try {
            auto asking = ask();
            co_await with_deadline(end - std::chrono::steady_clock::now(), std::move(asking));
            co_return;
        } catch (...) {
            failure = std::current_exception();
        }
        drop();
        if (is_cancelled(failure))
            co_return;
        if (!again)
            view_->failed(text_of(failure));
    }
}

asio::awaitable<void> replica_node::ask() {
    using answer = std::tuple<bool, std::optional<std::int64_t>>;
    auto over = link();
    if (over == nullptr) {
        auto made = co_await connection::connect(where_);
        over = std::make_shared<connection>(std::move(made));
        if (!keep(over))
            co_return;
    }
    auto const told = co_await over->fetch_one<answer>(question);
    auto const& [standby, lag] = told;
    std::optional<std::chrono::milliseconds> late;
    if (lag)
        late.emplace(*lag);
    view_->answered(standby ? node_role::standby : node_role::primary, late);
}

bool replica_node::keep(std::shared_ptr<connection> made) {
    std::lock_guard const lock{mutex_};
    if (!closed_)
        link_ = std::move(made);
    return !closed_;
}

std::shared_ptr<connection> replica_node::link() const {
    std::lock_guard const lock{mutex_};
    return link_;
}

/// @return what goes when nobody holds the mutex any more
std::shared_ptr<connection> replica_node::drop() {
    std::lock_guard const lock{mutex_};
    return std::exchange(link_, nullptr);
}

void replica_node::close() noexcept {
    view_->closed();
    std::shared_ptr<connection> gone;
    {
        std::lock_guard const lock{mutex_};
        closed_ = true;
        gone = std::exchange(link_, nullptr);
    }
    if (gone != nullptr)
        gone->close();
}

} // namespace copg::detail
