// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/exchange.hpp"

#include <copg/driver/result.hpp>

#include <vector>

namespace copg::detail {

/// A text of several statements in the simple protocol.
class script_exchange final : public exchange {
public:
    script_exchange(connection_impl& connection, std::string sql)
        : exchange{connection}, connection_{connection}, sql_{std::move(sql)} {}

    void send(wire& wire) override { wire.send_simple(sql_); }
    progress read(wire& wire, binding& binding, backend_state& backend) override;
    std::unique_ptr<exchange> detach(wire& wire) override;
    segment_answer& under_way() noexcept override { return answer_; }
    std::exception_ptr loss(std::string const& message) override;

    void throw_error() const {
        if (answer_.failed())
            std::rethrow_exception(answer_.error);
    }
    std::vector<command_result> take_results() noexcept { return std::move(results_); }

private:
    void accept(pg_result_handle answered, wire& wire, binding& binding);
    bool drops_statements() const;
    void fail(errc code, char const* message);

    connection_impl& connection_;
    std::string sql_;
    segment_answer answer_;
    std::vector<command_result> results_;
    bool copies_out_ = false;
};

} // namespace copg::detail
