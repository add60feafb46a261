// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cstdint>
#include <type_traits>
#include <typeinfo>

namespace copg {
namespace detail {

template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

[[noreturn]] COPG_API void throw_unknown_label(std::string_view label, std::type_info const& type);
[[noreturn]] COPG_API void throw_unnamed_enumerator(std::int64_t value, std::type_info const& type);

} // namespace detail

/// A C++ enum described with BOOST_DESCRIBE_ENUM, by label: the enumerators' names are the labels
/// of the server's enum type. Reads columns of enum types, text, varchar
/// and name; a label that no enumerator has, and a
/// value that no enumerator has, is errc::value_out_of_range.
template <detail::described_enum T>
struct codec<T> {
    static constexpr oid parameter_type = oid::unspecified;
    static constexpr bool binary = false;

    static void encode(T value, std::string& out) {
        char const* label = nullptr;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto described) {
            if (described.value == value)
                label = described.name;
        });
        if (label == nullptr)
            detail::throw_unnamed_enumerator(static_cast<std::int64_t>(value), typeid(T));
        out += label;
    }

    static bool accepts(oid column) noexcept {
        return is_user_defined(column) || column == oid::text || column == oid::varchar ||
               column == oid::name;
    }

    static T decode(std::string_view bytes, oid) {
        auto found = false;
        T value{};
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto described) {
            if (bytes == described.name) {
                value = described.value;
                found = true;
            }
        });
        if (!found)
            detail::throw_unknown_label(bytes, typeid(T));
        return value;
    }
};

} // namespace copg
