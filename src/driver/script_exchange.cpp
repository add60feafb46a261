// SPDX-License-Identifier: BSL-1.0
#include "driver/script_exchange.hpp"

#include <copg/driver/result.hpp>

#include <boost/algorithm/string/predicate.hpp>

namespace copg::detail {

exchange::progress script_exchange::read(wire& wire, binding& binding, backend_state& backend) {
    while (true) {
        while (copies_out_) {
            auto const piece = wire.get_copy_data();
            copies_out_ = !piece.over;
            if (copies_out_ && piece.bytes == nullptr)
                return progress::waiting;
        }
        auto answered = wire.next_result();
        if (answered == nullptr)
            break;
        accept(std::move(answered), wire, binding);
    }
    auto const got = end_simple(wire, binding);
    if (got == progress::ended && drops_statements())
        backend.statements().forget_all();
    return got;
}

bool script_exchange::drops_statements() const {
    return boost::algorithm::icontains(sql_, "discard") ||
           boost::algorithm::icontains(sql_, "deallocate");
}

void script_exchange::fail(errc code, char const* message) {
    if (!answer_.failed())
        answer_.error = std::make_exception_ptr(error{code, message});
}

void script_exchange::accept(pg_result_handle answered, wire& wire, binding& binding) {
    switch (PQresultStatus(answered.get())) {
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        if (!answer_.failed())
            answer_.error = wire::error_of(answered.get(), answer_);
        return;
    case PGRES_EMPTY_QUERY:
        fail(errc::empty_query, "the SQL text holds no statement");
        return;
    case PGRES_COPY_IN: // the server waits for data: refuse, and read what it says to that
        wire.put_copy_end("COPY FROM STDIN cannot be part of a script: use copy_in()");
        return;
    case PGRES_COPY_OUT:
        copies_out_ = true;
        fail(errc::unsupported_statement,
             "COPY TO STDOUT cannot be part of a script: use copy_out()");
        return;
    default:
        binding.tag_seen(PQcmdStatus(answered.get()));
        results_.emplace_back(result{answered.release()});
    }
}

std::unique_ptr<exchange> script_exchange::detach(wire&) {
    auto rest = std::make_unique<script_exchange>(connection_, sql_);
    rest->copies_out_ = copies_out_;
    return rest;
}

std::exception_ptr script_exchange::loss(std::string const& message) {
    return std::make_exception_ptr(lost_error(errc::statement_in_doubt, message));
}

} // namespace copg::detail
