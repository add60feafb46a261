// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <csignal>

namespace copg::detail {

/// While it lives, the calling thread and the threads that it starts get no signals: those are for
/// the program's own threads.
class signals_blocked {
public:
    signals_blocked() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(signals_blocked const&) = delete;
    signals_blocked& operator=(signals_blocked const&) = delete;

private:
    sigset_t before_;
};

} // namespace copg::detail
