// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/byte_reader.hpp>
#include <copg/driver/types/text.hpp>

#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/mp11/algorithm.hpp>

#include <type_traits>

namespace copg {
namespace detail {

template <class T>
concept described_struct =
    std::is_class_v<T> && !character_text<T> && boost::describe::has_describe_members<T>::value &&
    std::is_default_constructible_v<T>;

template <class T>
using members_of =
    boost::describe::describe_members<T,
                                      boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T>
constexpr std::size_t member_count = boost::mp11::mp_size<members_of<T>>::value;

template <class T, class Described>
using member_type =
    std::remove_cvref_t<decltype(std::declval<T&>().*std::declval<Described>().pointer)>;

template <class T, class Described>
using has_decodable_member = std::bool_constant<decodable<value_of<member_type<T, Described>>>>;
template <class T, class Described>
using has_text_member = std::bool_constant<text_encodable<value_of<member_type<T, Described>>>>;

template <class T>
concept decodable_members =
    boost::mp11::mp_all_of_q<members_of<T>,
                             boost::mp11::mp_bind_front<has_decodable_member, T>>::value;
template <class T>
concept encodable_members =
    boost::mp11::mp_all_of_q<members_of<T>, boost::mp11::mp_bind_front<has_text_member, T>>::value;

/// Takes a composite apart, field by field.
class COPG_API composite_reader {
public:
    composite_reader(std::string_view bytes,
                     oid type,
                     std::size_t fields,
                     std::type_info const& wanted);

    struct inner_field {
        oid type;
        std::string_view bytes; // null data(): NULL
    };

    inner_field next();
    void expect_end() const { in_.expect_end(); }

private:
    byte_reader in_;
};

/// Writes a member of a composite literal, quoted.
COPG_API void append_composite_member(std::string_view text, std::string& out);

} // namespace detail

/// A struct described with BOOST_DESCRIBE_STRUCT as a composite value or an anonymous record, its
/// public members in the order of the attributes. A number of attributes or a type that does not
/// fit is errc::type_mismatch. As a parameter it is a literal without a type, which fits any
/// composite type of the same attributes. (As a whole row such a struct is read by column names;
/// see read_row.)
template <detail::described_struct T>
struct codec<T> {
    static constexpr oid parameter_type = oid::unspecified;
    static constexpr bool binary = false;
    static constexpr bool is_composite = true;

    static void encode(T const& value, std::string& out)
        requires detail::encodable_members<T>
    {
        out += '(';
        auto first = true;
        std::string text;
        boost::mp11::mp_for_each<detail::members_of<T>>([&](auto described) {
            if (!std::exchange(first, false))
                out += ',';
            write_member(value.*described.pointer, text, out);
        });
        out += ')';
    }

    static bool accepts(oid column) noexcept {
        return column == oid::record || is_user_defined(column);
    }

    static T decode(std::string_view bytes, oid column)
        requires detail::decodable_members<T>
    {
        detail::composite_reader in{bytes, column, detail::member_count<T>, typeid(T)};
        T value{};
        boost::mp11::mp_for_each<detail::members_of<T>>([&](auto described) {
            using member = std::remove_cvref_t<decltype(value.*described.pointer)>;
            auto const field = in.next();
            detail::check_inner<member>(field.type);
            value.*described.pointer = detail::decode_inner<member>(field.bytes, field.type);
        });
        in.expect_end();
        return value;
    }

private:
    template <class Member>
    static void write_member(Member const& member, std::string& text, std::string& out) {
        text.clear();
        if constexpr (detail::is_nullable<Member>) {
            if (!member)
                return; // nothing between the commas is NULL
            detail::write_text(*member, text);
        } else {
            detail::write_text(member, text);
        }
        detail::append_composite_member(text, out);
    }
};

} // namespace copg
