// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

#include <cstddef>

namespace copg {

/// A value of type bit or bit varying: bits in order, the first one on the left.
class COPG_API bit_string {
public:
    bit_string() = default;
    /// @param bits  zeros and ones
    /// @throws error errc::value_out_of_range for any other character
    explicit bit_string(std::string_view bits);

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    /// @pre index < size()
    bool operator[](std::size_t index) const noexcept;
    void push_back(bool bit);
    std::string to_string() const;

    friend bool operator==(bit_string const&, bit_string const&) = default;

private:
    friend struct codec<bit_string>;

    std::string bytes_; // eight bits each, the first one highest; unused ones are 0
    std::size_t size_ = 0;
};

/// bit and bit varying.
template <>
struct COPG_API codec<bit_string> {
    static constexpr oid parameter_type = oid::varbit;
    static constexpr bool binary = true;
    static bool sends(oid type) noexcept { return type == oid::bit; }
    static void encode(bit_string const& value, std::string& out);
    static void encode_text(bit_string const& value, std::string& out) { out += value.to_string(); }
    static bool accepts(oid column) noexcept { return column == oid::bit || column == oid::varbit; }
    static bit_string decode(std::string_view bytes, oid);
};

} // namespace copg
