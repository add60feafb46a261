// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

#include <boost/uuid/uuid.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace copg {

/// A value of any type in the server's binary format: the way out for a type that has no codec.
struct raw_value {
    oid type{};
    std::vector<std::byte> bytes;

    raw_value() = default;
    raw_value(oid of, std::vector<std::byte> content) : type{of}, bytes{std::move(content)} {}

    friend bool operator==(raw_value const&, raw_value const&) = default;
};

/// bytea.
template <>
struct COPG_API codec<std::vector<std::byte>> {
    static constexpr oid parameter_type = oid::bytea;
    static constexpr bool binary = true;
    static void encode(std::vector<std::byte> const& value, std::string& out);
    static void encode_text(std::vector<std::byte> const& value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::bytea; }
    static std::vector<std::byte> decode(std::string_view bytes, oid);
};

/// uuid.
template <>
struct COPG_API codec<boost::uuids::uuid> {
    static constexpr oid parameter_type = oid::uuid;
    static constexpr bool binary = true;
    static void encode(boost::uuids::uuid const& value, std::string& out);
    static void encode_text(boost::uuids::uuid const& value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::uuid; }
    static boost::uuids::uuid decode(std::string_view bytes, oid);
};

/// Every type, uninterpreted.
template <>
struct COPG_API codec<raw_value> {
    static constexpr oid parameter_type = oid::unspecified;
    static constexpr bool binary = true;
    static oid type_of(raw_value const& value) noexcept { return value.type; }
    static void encode(raw_value const& value, std::string& out);
    static bool accepts(oid) noexcept { return true; }
    static raw_value decode(std::string_view bytes, oid column);
};

} // namespace copg
