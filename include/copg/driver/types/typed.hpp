// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

#include <type_traits>
#include <utility>

namespace copg {

/// A parameter with a type of the caller's choice; see typed().
template <class T>
class typed_value {
public:
    typed_value(T value, oid type) : value_{std::move(value)}, type_{type} {}

    T const& value() const noexcept { return value_; }
    oid type() const noexcept { return type_; }

private:
    T value_;
    oid type_;
};

/// Declares the type of a parameter where the server could not infer it: `typed("1.5",
/// oid::numeric)`. Text-like values go with every type. Others go with their own type, with one of
/// the same binary format (inet as cidr) and with types of the user's (a domain); a statement with
/// anything else is errc::type_mismatch.
template <class T>
typed_value<std::decay_t<T>> typed(T&& value, oid type) {
    return {std::forward<T>(value), type};
}

namespace detail {

template <encodable T>
bool sends(oid type) noexcept {
    if (!codec<T>::binary || type == codec<T>::parameter_type || is_user_defined(type) ||
        type == oid::unspecified)
        return true;
    if constexpr (requires { codec<T>::sends(type); })
        return codec<T>::sends(type);
    else
        return false;
}

} // namespace detail
} // namespace copg
