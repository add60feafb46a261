// SPDX-License-Identifier: BSL-1.0
#include "scope/callbacks.hpp"

#include <iterator>
#include <utility>

namespace copg::detail {

void callbacks::add(bool on_commit, transaction_callback callback) {
    std::lock_guard const lock{mutex_};
    entries_.push_back({on_commit ? kind::on_commit : kind::on_rollback, std::move(callback)});
}

void callbacks::take_over(callbacks& part, bool undone) {
    auto taken = part.take_all();
    std::lock_guard const lock{mutex_};
    for (auto& each : taken) {
        if (undone && each.what == kind::on_commit)
            continue;
        if (undone)
            each.what = kind::undone;
        entries_.push_back(std::move(each));
    }
}

bool callbacks::empty() const {
    std::lock_guard const lock{mutex_};
    return entries_.empty();
}

std::vector<callbacks::entry> callbacks::take_all() {
    std::lock_guard const lock{mutex_};
    return std::exchange(entries_, {});
}

asio::awaitable<std::exception_ptr> callbacks::run(bool committed) {
    auto const due = take_all();
    auto const wanted = committed ? kind::on_commit : kind::on_rollback;
    std::exception_ptr first;
    for (auto const& each : due) {
        if (each.what != wanted && each.what != kind::undone)
            continue;
        try {
            auto running = each.call();
            co_await std::move(running);
        } catch (...) {
            if (first == nullptr && each.what == kind::on_commit)
                first = std::current_exception();
        }
    }
    co_return first;
}

} // namespace copg::detail
