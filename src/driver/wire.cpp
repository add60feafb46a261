// SPDX-License-Identifier: BSL-1.0
#include "driver/wire.hpp"

#include "driver/row_buffer.hpp"
#include "driver/server_messages.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace copg::detail {
namespace {

bool is_piece(ExecStatusType status) noexcept {
#ifdef LIBPQ_HAS_CHUNK_MODE
    if (status == PGRES_TUPLES_CHUNK)
        return true;
#endif
    return status == PGRES_SINGLE_TUPLE;
}

} // namespace

wire::wire(pg_connection connection) : connection_{std::move(connection)} {
    PQsetNoticeReceiver(
        connection_.get(), [](void* self, PGresult const* n) { keep_notice(self, n); }, this);
    if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1)
        throw error{errc::connect_failed, "connect failed: " + message()};
}

void wire::throw_lost() const {
    throw error{errc::connection_lost, "connection lost: " + message()};
}

std::exception_ptr wire::error_of(PGresult const* result, segment_answer& answer) {
    auto diagnostics = diagnostics_of(result);
    answer.state = diagnostics.state;
    if (diagnostics.state == sqlstate{}) // libpq's own words
        return std::make_exception_ptr(error{errc::connection_lost, diagnostics.message});
    // The routine's name, since the message is translated (src/backend/utils/cache/plancache.c).
    answer.stale_plan = diagnostics.state == sqlstate::feature_not_supported &&
                        diagnostics.routine == "RevalidateCachedQuery";
    auto const advice = advice_for(diagnostics.state);
    return std::make_exception_ptr(sql_error{std::move(diagnostics), advice});
}

void wire::keep_notice(void* self, PGresult const* notice) noexcept {
    try {
        static_cast<wire*>(self)->notices_.push_back(diagnostics_of(notice));
    } catch (...) { // out of memory: a notice is not worth a connection
    }
}

bool wire::send_item(segment_item const& item) {
    auto* const connection = connection_.get();
    static wire_parameters const none;
    auto const result_format = item.text_results ? 0 : 1;
    auto const& p = item.parameters == nullptr ? none : *item.parameters;
    switch (item.what) {
    case segment_item::action::prepare:
        return PQsendPrepare(connection, item.name, item.sql, p.count(), p.types()) == 1;
    case segment_item::action::describe:
        return PQsendDescribePrepared(connection, item.name) == 1;
    case segment_item::action::run_prepared:
        return PQsendQueryPrepared(connection,
                                   item.name,
                                   p.count(),
                                   p.values(),
                                   p.lengths(),
                                   p.formats(),
                                   result_format) == 1;
    case segment_item::action::close:
#ifdef LIBPQ_HAS_CLOSE_PREPARED
        return PQsendClosePrepared(connection, item.name) == 1;
#else
        return PQsendQueryParams(connection,
                                 ("deallocate " + std::string{item.name}).c_str(),
                                 0,
                                 nullptr,
                                 nullptr,
                                 nullptr,
                                 nullptr,
                                 0) == 1;
#endif
    case segment_item::action::run_sql:
        break;
    }
    return PQsendQueryParams(connection,
                             item.sql,
                             p.count(),
                             p.types(),
                             p.values(),
                             p.lengths(),
                             p.formats(),
                             result_format) == 1;
}

void wire::send(segment const& segment) {
    for (auto const& item : segment.items)
        if (!send_item(item))
            throw_lost();
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    auto const synced = PQsendPipelineSync(connection_.get()); // leaves the flush to us
#else
    auto const synced = PQpipelineSync(connection_.get());
#endif
    if (synced != 1)
        throw_lost();
}

void wire::hold_back([[maybe_unused]] bool held) noexcept {
#ifndef LIBPQ_HAS_SEND_PIPELINE_SYNC
    int const corked = held ? 1 : 0; // fails on a UNIX socket, where nothing waits for a packet
    ::setsockopt(socket(), IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
#endif
}

wire::flushed wire::flush() noexcept {
    switch (PQflush(connection_.get())) {
    case 0:
        return flushed::all;
    case 1:
        return flushed::partly;
    default:
        return flushed::lost;
    }
}

bool wire::consume() noexcept {
    if (copies_in_)
        look_for_refusal();
    auto alive = PQconsumeInput(connection_.get()) == 1;
    if (alive && is_encrypted())
        alive = consume_decrypted();
    collect_notifications();
    return alive && PQstatus(connection_.get()) == CONNECTION_OK;
}

bool wire::is_encrypted() const noexcept {
    return PQsslInUse(connection_.get()) == 1 || PQgssEncInUse(connection_.get()) == 1;
}

// A record holds up to 16 KiB and is decrypted as a whole, while libpq may have had room for 8 KiB
// of it only: the rest would wait inside the library with nothing left on the socket to wake us.
// Two more calls on an empty socket take in all that one record can have left.
bool wire::consume_decrypted() noexcept {
    constexpr int calls_for_a_record = 2;
    for (int quiet = 0; quiet < calls_for_a_record;) {
        int waiting = 0;
        ::ioctl(socket(), FIONREAD, &waiting);
        quiet = waiting > 0 ? 0 : quiet + 1;
        if (PQconsumeInput(connection_.get()) != 1)
            return false;
    }
    return true;
}

void wire::collect_notifications() noexcept {
    while (auto const received = pg_notification{PQnotifies(connection_.get())}) {
        try {
            if (keeps_notifications_)
                notifications_.push_back({received->relname, received->extra, received->be_pid});
        } catch (...) { // out of memory: as a message that was missed
        }
    }
}

void wire::stream_if_statement(segment const& segment, std::size_t item) noexcept {
    if (item >= segment.items.size() || segment.items[item].purpose != step::statement ||
        segment.items[item].what == segment_item::action::prepare)
        return;
#ifdef LIBPQ_HAS_CHUNK_MODE
    PQsetChunkedRowsMode(connection_.get(), row_buffer::chunk);
#else
    PQsetSingleRowMode(connection_.get());
#endif
}

void wire::stream_first_item(segment const& segment, row_buffer const* rows) noexcept {
    if (rows != nullptr)
        stream_if_statement(segment, 0);
}

wire::progress
wire::read(segment const& segment, segment_answer& answer, binding& binding, row_buffer* rows) {
    while (PQisBusy(connection_.get()) == 0) {
        if (rows != nullptr && rows->full())
            return progress::paused;
        auto result = pg_result_handle{PQgetResult(connection_.get())};
        if (result == nullptr) { // ends an item; a second one in a row: nothing is there
            if (!std::exchange(answer.item_answered, false))
                return progress::waiting;
            ++answer.current_item;
            if (rows != nullptr)
                stream_if_statement(segment, answer.current_item);
        } else if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
            return progress::ended;
        } else {
            accept(std::move(result), segment, answer, binding, rows);
        }
    }
    return progress::waiting;
}

void wire::accept(pg_result_handle result,
                  segment const& segment,
                  segment_answer& answer,
                  binding& binding,
                  row_buffer* rows) {
    answer.item_answered = true;
    auto const status = PQresultStatus(result.get());
    if (is_piece(status)) {
        if (rows != nullptr)
            rows->push(copg::result{result.release()});
        return;
    }
    if (status == PGRES_PIPELINE_ABORTED)
        return;
    if (status == PGRES_EMPTY_QUERY || status == PGRES_FATAL_ERROR ||
        status == PGRES_BAD_RESPONSE) {
        if (answer.failed())
            return;
        answer.failed_item = answer.current_item;
        answer.error = status == PGRES_EMPTY_QUERY
                           ? std::make_exception_ptr(
                                 error{errc::empty_query, "the SQL text holds no statement"})
                           : error_of(result.get(), answer);
        return;
    }
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
        throw error{errc::unsupported_statement, "COPY to or from the client is not supported"};
    if (answer.current_item >= segment.items.size())
        return;
    auto const& item = segment.items[answer.current_item];
    if (item.what == segment_item::action::prepare || item.what == segment_item::action::close)
        return;
    if (item.what == segment_item::action::describe) {
        answer.rows = copg::result::of_description(result.release());
        return;
    }
    std::string_view const tag = PQcmdStatus(result.get());
    binding.tag_seen(tag);
    if (item.purpose == step::prelude)
        binding.prelude_succeeded(segment.limit);
    if (item.purpose == step::limit)
        binding.limit_succeeded(segment.limit);
    if (item.purpose == step::statement || item.purpose == step::commit)
        answer.tag = tag;
    if (item.purpose == step::question && segment.reply != nullptr)
        *segment.reply = copg::result{result.release()};
    if (item.purpose != step::statement)
        return;
    copg::result whole{result.release()};
    if (answer.collects != nullptr)
        answer.collects->push_back(std::move(whole));
    else
        answer.rows = std::move(whole);
}

void wire::read_last_words(segment_answer& answer) {
    constexpr int enough = 64; // a dead connection gives no Sync to stop at
    for (int i = 0; i < enough && PQisBusy(connection_.get()) == 0; ++i) {
        auto const result = pg_result_handle{PQgetResult(connection_.get())};
        if (result == nullptr) {
            if (!std::exchange(answer.item_answered, false))
                return;
            ++answer.current_item;
            continue;
        }
        answer.item_answered = true;
        if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR && !answer.failed()) {
            answer.failed_item = answer.current_item;
            answer.error = error_of(result.get(), answer);
        }
    }
}

transaction_state wire::state() const noexcept {
    switch (PQtransactionStatus(connection_.get())) {
    case PQTRANS_INTRANS:
        return transaction_state::open;
    case PQTRANS_INERROR:
        return transaction_state::failed;
    default:
        return transaction_state::idle;
    }
}

std::string wire::parameter_status(char const* name) const {
    auto const* value = PQparameterStatus(connection_.get(), name);
    return value == nullptr ? std::string{} : std::string{value};
}

std::string wire::message() const {
    return last_message(connection_.get());
}

} // namespace copg::detail
