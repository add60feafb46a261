// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/types/byte_reader.hpp>
#include <copg/driver/types/network.hpp>

#include <algorithm>

namespace copg {
namespace {

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

constexpr unsigned bits_v4 = 32;
constexpr unsigned bits_v6 = 128;
constexpr std::uint8_t family_v4 = 2; // PGSQL_AF_INET of src/include/utils/inet.h
constexpr std::uint8_t family_v6 = 3;

unsigned bits_of(address const& value) noexcept {
    return value.is_v4() ? bits_v4 : bits_v6;
}

template <class Address>
Address take_address(detail::byte_reader& in) {
    typename Address::bytes_type bytes;
    auto const taken = in.take_bytes(bytes.size());
    std::transform(taken.begin(), taken.end(), bytes.begin(), [](char byte) {
        return static_cast<unsigned char>(byte);
    });
    return Address{bytes};
}

template <class Address>
void put_address(Address const& value, std::string& out) {
    auto const bytes = value.to_bytes();
    out += static_cast<char>(bytes.size());
    out.append(bytes.begin(), bytes.end());
}

void check_scope(address const& value) {
    if (value.is_v6() && value.to_v6().scope_id() != 0)
        detail::throw_out_of_range("an IPv6 address with a scope");
}

} // namespace

inet::inet(asio::ip::address address) : address_{address}, prefix_{bits_of(address)} {}

inet::inet(asio::ip::address address, unsigned prefix) : address_{address}, prefix_{prefix} {
    if (prefix > bits_of(address))
        detail::throw_out_of_range("a network prefix longer than its address");
}

bool inet::is_host() const noexcept {
    return prefix_ == bits_of(address_);
}

std::string inet::to_string() const {
    auto const text = address_.to_string();
    return is_host() ? text : text + '/' + std::to_string(prefix_);
}

void codec<inet>::encode(inet const& value, std::string& out) {
    auto const& address = value.address();
    check_scope(address);
    out += static_cast<char>(address.is_v4() ? family_v4 : family_v6);
    out += static_cast<char>(value.prefix());
    out += '\0'; // is it a cidr: the server does not look
    if (address.is_v4())
        put_address(address.to_v4(), out);
    else
        put_address(address.to_v6(), out);
}

void codec<inet>::encode_text(inet const& value, std::string& out) {
    check_scope(value.address());
    out += value.to_string();
}

inet codec<inet>::decode(std::string_view bytes, oid) {
    detail::byte_reader in{bytes};
    auto const family = in.take<std::uint8_t>();
    unsigned const prefix = in.take<std::uint8_t>();
    in.take<std::uint8_t>();
    std::size_t const size = in.take<std::uint8_t>();
    if ((family != family_v4 && family != family_v6) || size != in.left())
        detail::throw_malformed("this is not an inet");
    address address;
    if (family == family_v4)
        address = take_address<address_v4>(in);
    else
        address = take_address<address_v6>(in);
    in.expect_end();
    if (prefix > bits_of(address))
        detail::throw_malformed("a network prefix longer than its address");
    return {address, prefix};
}

void codec<address>::encode(address const& value, std::string& out) {
    codec<inet>::encode(inet{value}, out);
}

void codec<address>::encode_text(address const& value, std::string& out) {
    codec<inet>::encode_text(inet{value}, out);
}

address codec<address>::decode(std::string_view bytes, oid column) {
    auto const value = codec<inet>::decode(bytes, column);
    if (!value.is_host())
        detail::throw_out_of_range("a network where a host's address is due");
    return value.address();
}

} // namespace copg
