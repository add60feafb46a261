// SPDX-License-Identifier: BSL-1.0
#include "testing/session_look.hpp"

#include <copg/driver/connection.hpp>

#include <fmt/format.h>

#include <utility>

namespace copg::testing {

leak_probe_options& leak_probe_options::setting(std::string name) {
    settings_.push_back(std::move(name));
    return *this;
}

leak_probe_options& leak_probe_options::sequences(bool value) noexcept {
    sequences_ = value;
    return *this;
}

struct leak_probe::record {
    session_look look;
    leak_probe_options options;
};

leak_probe::leak_probe(std::shared_ptr<record const> fresh) noexcept : fresh_{std::move(fresh)} {}

asio::awaitable<leak_probe> leak_probe::make(connect_options target, leak_probe_options options) {
    auto fresh = std::make_shared<record>();
    fresh->options = std::move(options);
    auto const connection = co_await copg::connection::connect(std::move(target));
    auto look = co_await look_at(connection, fresh->options);
    fresh->look = std::move(look);
    co_return leak_probe{std::move(fresh)};
}

asio::awaitable<std::vector<std::string>> leak_probe::differences(lease const& held) const {
    auto const fresh = fresh_;
    if (!held.session().empty())
        throw error{errc::invalid_session,
                    "leak_probe: the lease must be bound to no session, whose settings would show "
                    "as differences"};
    auto seen = co_await look_at(held, fresh->options);
    std::vector<std::string> sentences;
    if (seen.transaction_failed) {
        sentences.emplace_back("a transaction has failed and is still open");
        co_return sentences;
    }
    if (seen.in_transaction)
        sentences.emplace_back("a transaction is open");
    for (auto const& [name, setting] : seen.settings) {
        auto const known = fresh->look.settings.find(name);
        auto const& expected = known == fresh->look.settings.end()
                                   ? setting.reset_value // of a library that was loaded meanwhile
                                   : known->second.value;
        if (setting.value != expected)
            sentences.push_back(fmt::format(
                "{} is '{}', on a fresh connection it is '{}'", name, setting.value, expected));
    }
    for (auto& sentence : seen.remains)
        sentences.push_back(std::move(sentence));
    co_return sentences;
}

} // namespace copg::testing
