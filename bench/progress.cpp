// SPDX-License-Identifier: BSL-1.0
#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace copg::bench {

progress::progress() : terminal_{::isatty(STDERR_FILENO) == 1} {}

progress::~progress() {
    if (terminal_)
        fmt::print(stderr, "\r\033[K");
}

void progress::show(std::string const& task, double share) {
    constexpr double width = 40;
    if (terminal_) {
        auto const filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * width);
        auto const bar =
            std::string(filled, '#') + std::string(static_cast<std::size_t>(width) - filled, '.');
        fmt::print(stderr, "\r\033[K[{}] {:3.0f} % {}", bar, share * 100, task);
    } else if (task != last_task_) {
        fmt::print(stderr, "{}\n", task);
    }
    std::fflush(stderr);
    last_task_ = task;
}

} // namespace copg::bench
