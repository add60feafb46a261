// SPDX-License-Identifier: BSL-1.0
#include "driver/connection_impl.hpp"

namespace copg::detail {

exchange::~exchange() {
    if (is_linked())
        owner_.abandon(*this);
}

exchange::progress end_simple(wire& wire, binding& binding) {
    if (wire.is_busy())
        return exchange::progress::waiting;
    wire.resume_pipeline();
    binding.segment_ended(wire.state());
    return exchange::progress::ended;
}

error lost_error(errc code, std::string const& cause) {
    if (code == errc::statement_in_doubt)
        return {code,
                "the connection was lost after the statement was sent, which may have been "
                "executed: " +
                    cause};
    if (code == errc::transaction_in_doubt)
        return {code, "the connection was lost while COMMIT was under way: " + cause};
    return {code, "connection lost: " + cause};
}

std::exception_ptr barrier::loss(std::string const& message) {
    return std::make_exception_ptr(lost_error(errc::connection_lost, message));
}

} // namespace copg::detail
