// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/session.hpp>

#include <boost/intrusive/list_hook.hpp>
#include <boost/intrusive/set_hook.hpp>
#include <boost/intrusive/unordered_set_hook.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <source_location>

namespace copg::detail {

class connection_impl;
struct pool_tenant;

using pool_time = std::chrono::steady_clock::time_point;

/// One connection's place in the pool.
/// States: idle; in_use; closing (with the pool itself: rolled back, asked for a sign of life, in a
/// hook, or about to be closed). A slot is erased when its connection is gone.
struct pool_slot {
    enum class state { idle, in_use, closing };
    enum class life { young, due, retired }; // due: to be replaced soon; retired: at its next rest

    std::shared_ptr<connection_impl> connection; // the core never looks behind it
    state now = state::in_use;
    life age = life::young;
    bool clean = true;            // nothing is left for a reset to undo
    bool reported = false;        // its long use
    bool doomed = false;          // closing for good
    bool used = false;            // by somebody, since it was made
    bool succession = false;      // an attempt is wanted for its successor
    std::size_t seat = 0;         // below the maximum; the home of those tenants that it is theirs
    std::uint64_t generation = 0; // of the target that it was made for
    pool_time expires_at = pool_time::max();
    pool_time due_at{}; // when its age matters next
    pool_time since{};  // of the present state
    pool_time closing_since{};
    pool_time last_sign{};          // of life, while idle
    session last_session;           // the one it serves, while in use
    std::source_location where;     // of the acquire, while in use
    std::uint64_t held_by = 0;      // the transaction scope that uses it, if one does
    pool_tenant* charged = nullptr; // whose use it counts as, while in use
    pool_tenant* turn = nullptr;    // whom it has served last while others waited
    std::list<pool_slot>::iterator self;

    boost::intrusive::list_member_hook<> idle_hook;
    boost::intrusive::unordered_set_member_hook<> session_hook;
    boost::intrusive::set_member_hook<> due_hook;
};

} // namespace copg::detail
