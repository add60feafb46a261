// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connection.hpp>
#include <copg/testing/leak_probe.hpp>

#include <map>
#include <string>
#include <vector>

namespace copg::testing {

/// What a session looks like from inside.
struct session_look {
    struct setting {
        std::string value;
        std::string reset_value; ///< what the session began with
    };
    std::map<std::string, setting> settings;
    std::vector<std::string> remains; ///< a sentence each, about what a fresh session has none of
    bool in_transaction = false;
    bool transaction_failed = false; ///< then nothing else is known

    session_look() = default;
};

/// Looks at the session of a connection or a lease, which must outlive the call.
asio::awaitable<session_look> look_at(connection const& target, leak_probe_options options);
asio::awaitable<session_look> look_at(lease const& target, leak_probe_options options);

} // namespace copg::testing
