// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstdint>

namespace copg {

/// A host or network address with the length of its network's prefix (inet, cidr).
class COPG_API inet {
public:
    inet() = default; ///< 0.0.0.0
    /// A host: the prefix is the whole address.
    inet(asio::ip::address address); // NOLINT(google-explicit-constructor): nothing is lost
    /// @throws error errc::value_out_of_range for more bits than the address has
    inet(asio::ip::address address, unsigned prefix);

    asio::ip::address const& address() const noexcept { return address_; }
    unsigned prefix() const noexcept { return prefix_; }
    /// Whether the prefix is the whole address.
    bool is_host() const noexcept;
    /// `192.0.2.0/24`; a host without its prefix.
    std::string to_string() const;

    friend bool operator==(inet const&, inet const&) = default;

private:
    asio::ip::address address_;
    unsigned prefix_ = 32;
};

/// inet and cidr. A scope identifier of IPv6 is out of range.
template <>
struct COPG_API codec<inet> {
    static constexpr oid parameter_type = oid::inet;
    static constexpr bool binary = true;
    static bool sends(oid type) noexcept { return type == oid::cidr; }
    static void encode(inet const& value, std::string& out);
    static void encode_text(inet const& value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::inet || column == oid::cidr; }
    static inet decode(std::string_view bytes, oid);
};

/// inet that is a host; a network is out of range.
template <>
struct COPG_API codec<asio::ip::address> {
    static constexpr oid parameter_type = oid::inet;
    static constexpr bool binary = true;
    static bool sends(oid type) noexcept { return type == oid::cidr; }
    static void encode(asio::ip::address const& value, std::string& out);
    static void encode_text(asio::ip::address const& value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::inet || column == oid::cidr; }
    static asio::ip::address decode(std::string_view bytes, oid column);
};

} // namespace copg
