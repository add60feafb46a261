// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/types/bit_string.hpp>
#include <copg/driver/types/byte_reader.hpp>
#include <copg/driver/types/bytes.hpp>

#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <limits>

namespace copg {
namespace {

void append(std::vector<std::byte> const& bytes, std::string& out) {
    out.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
}

std::vector<std::byte> copy(std::string_view bytes) {
    auto const* first = reinterpret_cast<std::byte const*>(bytes.data());
    return {first, first + bytes.size()};
}

constexpr std::size_t bits_in_byte = 8;

std::size_t bytes_for(std::size_t bits) noexcept {
    return (bits + bits_in_byte - 1) / bits_in_byte;
}

unsigned mask(std::size_t index) noexcept {
    return 0x80U >> (index % bits_in_byte);
}

} // namespace

void codec<std::vector<std::byte>>::encode(std::vector<std::byte> const& value, std::string& out) {
    append(value, out);
}

void codec<std::vector<std::byte>>::encode_text(std::vector<std::byte> const& value,
                                                std::string& out) {
    static constexpr char digits[] = "0123456789abcdef";
    out += "\\x";
    for (auto const byte : value) {
        out += digits[std::to_integer<unsigned>(byte) >> 4];
        out += digits[std::to_integer<unsigned>(byte) & 0xF];
    }
}

std::vector<std::byte> codec<std::vector<std::byte>>::decode(std::string_view bytes, oid) {
    return copy(bytes);
}

void codec<boost::uuids::uuid>::encode(boost::uuids::uuid const& value, std::string& out) {
    out.append(value.begin(), value.end());
}

void codec<boost::uuids::uuid>::encode_text(boost::uuids::uuid const& value, std::string& out) {
    out += boost::uuids::to_string(value);
}

boost::uuids::uuid codec<boost::uuids::uuid>::decode(std::string_view bytes, oid) {
    boost::uuids::uuid value{};
    if (bytes.size() != value.size())
        detail::throw_wrong_length(bytes.size(), value.size());
    std::copy(bytes.begin(), bytes.end(), value.begin());
    return value;
}

void codec<raw_value>::encode(raw_value const& value, std::string& out) {
    append(value.bytes, out);
}

raw_value codec<raw_value>::decode(std::string_view bytes, oid column) {
    return {column, copy(bytes)};
}

bit_string::bit_string(std::string_view bits) {
    for (char const bit : bits) {
        if (bit != '0' && bit != '1')
            detail::throw_out_of_range("a bit string is made of 0 and 1");
        push_back(bit == '1');
    }
}

bool bit_string::operator[](std::size_t index) const noexcept {
    return (static_cast<unsigned char>(bytes_[index / bits_in_byte]) & mask(index)) != 0;
}

void bit_string::push_back(bool bit) {
    if (size_ % bits_in_byte == 0)
        bytes_ += '\0';
    if (bit)
        bytes_.back() = static_cast<char>(static_cast<unsigned char>(bytes_.back()) | mask(size_));
    ++size_;
}

std::string bit_string::to_string() const {
    std::string text(size_, '0');
    for (std::size_t i = 0; i < size_; ++i)
        if ((*this)[i])
            text[i] = '1';
    return text;
}

void codec<bit_string>::encode(bit_string const& value, std::string& out) {
    if (value.size() > std::size_t{std::numeric_limits<std::int32_t>::max()})
        detail::throw_out_of_range("a bit string of 2^31 bits or more");
    detail::put(static_cast<std::uint32_t>(value.size()), out);
    out += value.bytes_;
}

bit_string codec<bit_string>::decode(std::string_view bytes, oid) {
    detail::byte_reader in{bytes};
    auto const size = in.take_int32();
    bit_string value;
    if (size < 0 || in.left() != bytes_for(static_cast<std::size_t>(size)))
        detail::throw_malformed("a bit string of another length than it says");
    value.size_ = static_cast<std::size_t>(size);
    value.bytes_ = in.take_bytes(in.left());
    if (value.size_ % bits_in_byte != 0 &&
        (static_cast<unsigned char>(value.bytes_.back()) & (mask(value.size_) * 2 - 1)) != 0)
        detail::throw_malformed("a bit string with bits after its end");
    return value;
}

} // namespace copg
