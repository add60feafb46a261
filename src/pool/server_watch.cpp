// SPDX-License-Identifier: BSL-1.0
#include "pool/server_watch.hpp"

#include <map>
#include <string>

namespace copg::detail {
namespace {

constexpr std::chrono::milliseconds look_again{50}; // while another pool probes

/// Those that some pool watches, by hosts and ports.
struct watches {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<server_watch>> by_server; // guarded by mutex

    static watches& of_this_process() {
        static watches all;
        return all;
    }
};

std::string server_of(dsn const& target) {
    std::string key;
    for (auto const* part : {"host", "hostaddr", "port", "service"})
        key.append(target.parameter(part)).append(1, '\n');
    return key;
}

} // namespace

std::shared_ptr<server_watch> server_watch::of(dsn const& target) {
    auto& all = watches::of_this_process();
    std::lock_guard const lock{all.mutex};
    std::erase_if(all.by_server, [](auto const& known) { return known.second.expired(); });
    auto& known = all.by_server[server_of(target)];
    auto watch = known.lock();
    if (watch == nullptr) {
        watch = std::make_shared<server_watch>();
        known = watch;
    }
    return watch;
}

std::optional<server_watch::time> server_watch::ask(pool_id who, time now) {
    std::lock_guard const lock{mutex_};
    if (failure_ == nullptr || prober_ == who)
        return std::nullopt;
    if (prober_ != nullptr)
        return now + look_again;
    auto const due = who == last_prober_ ? until_ + look_again : until_;
    if (now < due)
        return due;
    prober_ = who;
    return std::nullopt;
}

void server_watch::reached() noexcept {
    std::lock_guard const lock{mutex_};
    failure_ = nullptr;
    prober_ = nullptr;
    failures_ = 0;
}

server_watch::time server_watch::failed(pool_id who,
                                        time now,
                                        retry_policy const& policy,
                                        std::exception_ptr const& why) {
    std::lock_guard const lock{mutex_};
    auto const is_same_try = failure_ != nullptr && now < until_; // begun before others failed
    failure_ = why;
    prober_ = nullptr;
    last_prober_ = who;
    if (!is_same_try) {
        std::uniform_real_distribution<double> jitter;
        until_ = now + policy.wait_after(++failures_, jitter(random_));
    }
    return until_;
}

void server_watch::abandon(pool_id who) noexcept {
    std::lock_guard const lock{mutex_};
    if (prober_ == who)
        prober_ = nullptr;
}

std::size_t server_watch::failures() const noexcept {
    std::lock_guard const lock{mutex_};
    return failures_;
}

std::exception_ptr server_watch::failure() const {
    std::lock_guard const lock{mutex_};
    return failure_;
}

} // namespace copg::detail
