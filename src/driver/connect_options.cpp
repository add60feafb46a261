// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/connect_options.hpp>

#include <charconv>

namespace copg {

std::chrono::milliseconds connect_options::timeout() const noexcept {
    auto const text = target_.parameter("connect_timeout");
    int seconds = -1;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (seconds < 0)
        return timeout_;
    constexpr std::chrono::hours unlimited{24};
    return seconds == 0 ? unlimited : std::chrono::milliseconds{std::chrono::seconds{seconds}};
}

connect_options& connect_options::timeout(std::chrono::milliseconds value) noexcept {
    timeout_ = value;
    return *this;
}

connect_options& connect_options::target(dsn value) {
    target_ = std::move(value);
    return *this;
}

connect_options& connect_options::deadline(std::chrono::milliseconds value) noexcept {
    deadline_ = value;
    return *this;
}

connect_options& connect_options::named_statements(bool value) noexcept {
    named_statements_ = value;
    return *this;
}

connect_options& connect_options::statement_cache(std::size_t bytes) noexcept {
    cache_bytes_ = bytes;
    return *this;
}

connect_options& connect_options::query_timeout(std::chrono::milliseconds value) noexcept {
    query_timeout_ = value;
    return *this;
}

connect_options& connect_options::cancel_requests(bool value) noexcept {
    cancel_requests_ = value;
    return *this;
}

connect_options& connect_options::cancel_timeout(std::chrono::milliseconds value) noexcept {
    cancel_timeout_ = value;
    return *this;
}

connect_options& connect_options::observer(std::shared_ptr<copg::observer> value) noexcept {
    observer_ = std::move(value);
    return *this;
}

} // namespace copg
