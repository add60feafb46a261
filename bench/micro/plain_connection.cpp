// SPDX-License-Identifier: BSL-1.0
#include "micro/plain_connection.hpp"

#include <poll.h>
#include <stdexcept>

namespace copg::micro {
namespace {

void wait_for(PGconn const* connection, short events) {
    pollfd ready{PQsocket(connection), events, 0};
    ::poll(&ready, 1, -1);
}

} // namespace

plain_connection::plain_connection(std::string const& dsn) : handle_{PQconnectdb(dsn.c_str())} {
    if (PQstatus(get()) != CONNECTION_OK || PQsetnonblocking(get(), 1) != 0)
        fail();
}

void plain_connection::fail() const {
    throw std::runtime_error{std::string{"libpq: "} + PQerrorMessage(get())};
}

void plain_connection::check(int returned) const {
    if (returned != 1)
        fail();
}

void plain_connection::run(std::string const& sql) {
    plain_result const got{PQexec(get(), sql.c_str())};
    if (PQresultStatus(got.get()) != PGRES_COMMAND_OK)
        fail();
}

void plain_connection::prepare(char const* name, std::string const& sql) {
    plain_result const got{PQprepare(get(), name, sql.c_str(), 0, nullptr)};
    if (PQresultStatus(got.get()) != PGRES_COMMAND_OK)
        fail();
}

void plain_connection::enter_pipeline() {
    check(PQenterPipelineMode(get()));
}

void plain_connection::sync() {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    check(PQsendPipelineSync(get())); // as copg does where it can: leaves the flush to next()
#else
    check(PQpipelineSync(get()));
#endif
}

void plain_connection::flush() {
    for (int left = 0; (left = PQflush(get())) != 0;) {
        if (left < 0)
            fail();
        wait_for(get(), POLLIN | POLLOUT);
        check(PQconsumeInput(get()));
    }
}

void plain_connection::receive() {
    wait_for(get(), POLLIN);
    check(PQconsumeInput(get()));
}

plain_result plain_connection::next() {
    flush();
    while (PQisBusy(get()) == 1)
        receive();
    plain_result got{PQgetResult(get())};
    if (PQresultStatus(got.get()) == PGRES_FATAL_ERROR && got != nullptr)
        fail();
    return got;
}

void plain_connection::skip_to_sync() {
    while (true) {
        auto const got = next();
        if (got != nullptr && PQresultStatus(got.get()) == PGRES_PIPELINE_SYNC)
            return;
    }
}

} // namespace copg::micro
