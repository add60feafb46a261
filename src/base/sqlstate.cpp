// SPDX-License-Identifier: BSL-1.0
#include <copg/base/sqlstate.hpp>

namespace copg {
namespace {

class category final : public std::error_category {
public:
    char const* name() const noexcept override { return "sqlstate"; }

    std::string message(int value) const override {
        return "SQLSTATE " + to_string(static_cast<sqlstate>(value));
    }
};

} // namespace

std::string to_string(sqlstate state) {
    std::string text(5, '0');
    auto rest = static_cast<int>(state);
    for (std::size_t i = text.size(); i-- > 0; rest /= 36)
        text[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest % 36];
    return text;
}

std::error_category const& sqlstate_category() noexcept {
    static category const instance;
    return instance;
}

std::error_code make_error_code(sqlstate state) noexcept {
    return {static_cast<int>(state), sqlstate_category()};
}

} // namespace copg
