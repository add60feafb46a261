// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <typeinfo>

namespace copg::detail {

[[noreturn]] COPG_API void throw_malformed(std::string_view what);
[[noreturn]] COPG_API void throw_wrong_length(std::size_t found, std::size_t due);
[[noreturn]] COPG_API void throw_out_of_range(std::string_view what);
[[noreturn]] COPG_API void throw_wrong_inner_type(oid found, std::type_info const& wanted);
[[noreturn]] COPG_API void throw_inner_null(std::type_info const& wanted);

/// To or from the byte order of the network, which is the server's.
template <std::unsigned_integral T>
constexpr T big_endian(T value) noexcept {
    if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1)
        return value;
    else if constexpr (sizeof(T) == 2)
        return __builtin_bswap16(value);
    else if constexpr (sizeof(T) == 4)
        return __builtin_bswap32(value);
    else
        return __builtin_bswap64(value);
}

template <std::unsigned_integral T>
void put(T value, std::string& out) {
    auto const swapped = big_endian(value);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &swapped, sizeof(T));
    out.append(bytes, sizeof(T));
}

/// The whole of `bytes` as one integer.
template <std::unsigned_integral T>
T get(std::string_view bytes) {
    if (bytes.size() != sizeof(T))
        throw_wrong_length(bytes.size(), sizeof(T));
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return big_endian(value);
}

/// Takes a message apart from its front. Everything that is missing is errc::protocol_error.
class byte_reader {
public:
    explicit byte_reader(std::string_view bytes) noexcept : left_{bytes} {}

    std::size_t left() const noexcept { return left_.size(); }

    std::string_view take_bytes(std::size_t count) {
        if (count > left_.size())
            throw_wrong_length(left_.size(), count);
        auto const taken = left_.substr(0, count);
        left_.remove_prefix(count);
        return taken;
    }

    template <std::unsigned_integral T>
    T take() {
        return get<T>(take_bytes(sizeof(T)));
    }

    std::int16_t take_int16() { return static_cast<std::int16_t>(take<std::uint16_t>()); }
    std::int32_t take_int32() { return static_cast<std::int32_t>(take<std::uint32_t>()); }
    std::int64_t take_int64() { return static_cast<std::int64_t>(take<std::uint64_t>()); }

    /// A value with its length in front; data() is null for NULL.
    std::string_view take_value() {
        auto const length = take_int32();
        if (length == -1)
            return {};
        if (length < 0)
            throw_malformed("a value of negative length");
        return take_bytes(static_cast<std::size_t>(length));
    }

    void expect_end() const {
        if (!left_.empty())
            throw_malformed("bytes after the end of a value");
    }

private:
    std::string_view left_;
};

/// Writes a value with its length in front: between these two calls the value is appended.
inline std::size_t begin_value(std::string& out) {
    put(std::uint32_t{0}, out);
    return out.size();
}

inline void end_value(std::size_t start, std::string& out) {
    auto const length = big_endian(static_cast<std::uint32_t>(out.size() - start));
    std::memcpy(out.data() + start - sizeof length, &length, sizeof length);
}

inline void put_null(std::string& out) {
    put(~std::uint32_t{0}, out);
}

/// A value inside another one, whose type came along with it. Null data(): NULL.
template <class T>
T decode_inner(std::string_view bytes, oid type) {
    if (bytes.data() == nullptr) {
        if constexpr (is_nullable<T>)
            return std::nullopt;
        else
            throw_inner_null(typeid(T));
    }
    return codec<value_of<T>>::decode(bytes, type);
}

template <class T>
void check_inner(oid type) {
    if (!codec<value_of<T>>::accepts(type))
        throw_wrong_inner_type(type, typeid(value_of<T>));
}

} // namespace copg::detail
