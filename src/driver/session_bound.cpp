// SPDX-License-Identifier: BSL-1.0
#include "driver/session_bound.hpp"

#include "driver/perform.hpp"
#include "driver/script_exchange.hpp"

#include <array>
#include <optional>

namespace copg::detail {
namespace {

/// Has the connection reset unless it was unbound: whoever is cancelled in between cannot do it.
class unbinding_guard {
public:
    explicit unbinding_guard(connection_impl& connection) noexcept : connection_{connection} {}
    ~unbinding_guard() {
        if (!unbound_)
            connection_.locked([this] { connection_.backend().require_reset(); });
    }
    unbinding_guard(unbinding_guard const&) = delete;
    unbinding_guard& operator=(unbinding_guard const&) = delete;

    void unbound() noexcept { unbound_ = true; }

private:
    connection_impl& connection_;
    bool unbound_ = false;
};

asio::awaitable<void> bind(connection_impl& connection, session_data const& data) {
    auto const sql = data.session_wide_sql();
    wire_parameters parameters;
    for (auto const& setting : data.settings)
        parameters.add_text(setting.value ? setting.value->c_str() : nullptr);
    for (auto const& schema : data.schemas)
        parameters.add_text(schema.c_str());
    auto binding = plain_segment(sql.c_str(), step::begin, errc::connection_lost);
    binding.items[0].parameters = &parameters;
    prepare_to_build(connection.backend());
    auto const bound = co_await perform_one(connection, binding, {});
    if (bound.failed())
        std::rethrow_exception(bound.error);
}

asio::awaitable<bool> unbind(connection_impl& connection, session_data const& data) {
    auto const sql = data.undo_sql();
    auto const undo = plain_segment(sql.c_str(), step::begin, errc::connection_lost);
    auto const undone = co_await perform_one(connection, undo, {});
    co_return !undone.failed();
}

} // namespace

asio::awaitable<result>
run_session_bound(connection_impl& connection, session session, statement statement) {
    auto const& data = *session.data();
    unbinding_guard guard{connection};
    co_await bind(connection, data);

    auto const undo_sql = data.undo_sql();
    wire_parameters const parameters{statement};
    std::array<segment, 2> segments;
    segments[0] = plain_segment(statement.sql().c_str(), step::statement, errc::statement_in_doubt);
    segments[0].items[0].parameters = &parameters;
    segments[1] = plain_segment(undo_sql.c_str(), step::begin, errc::statement_in_doubt);
    std::array<segment_answer, 2> answers;
    segment_exchange e{connection, segments, answers};
    auto const limit = limit_of(connection, statement);
    co_await connection.perform(e, limit);
    if (!answers[1].failed())
        guard.unbound();
    if (answers[0].failed())
        std::rethrow_exception(answers[0].error);
    co_return std::move(answers[0].rows);
}

asio::awaitable<std::vector<command_result>>
run_script(std::shared_ptr<connection_impl> connection, session session, statement script) {
    claim const mine{connection, script.where()};
    if (!is_ready(*connection))
        co_await get_ready(*connection);
    auto const state = connection->binding_now().state();
    auto const binds = !session.empty() && state == transaction_state::idle;
    std::optional<unbinding_guard> guard;
    if (binds) {
        guard.emplace(*connection);
        co_await bind(*connection, *session.data());
    } else {
        co_await reset_if_due(*connection);
    }
    connection->backend().mark_dirty();

    script_exchange e{*connection, script.sql()};
    auto const limit = limit_of(*connection, script);
    co_await connection->perform(e, limit);
    if (connection->binding_now().state() == transaction_state::idle && binds) {
        auto const done = co_await unbind(*connection, *session.data());
        if (done)
            guard->unbound();
    }
    e.throw_if_failed();
    co_return e.take_results();
}

} // namespace copg::detail
