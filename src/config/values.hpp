// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config/keys.hpp"
#include "config/tree.hpp"

namespace copg::config::detail {

/// Reads scalars as what their keys say they must be. Each function says what is wrong with the
/// text, or writes into the value.
std::string read_value(std::string const& text, std::string& into);
std::string read_value(std::string const& text, bool& into);
std::string read_value(std::string const& text, std::size_t& into);
std::string read_value(std::string const& text, std::uint16_t& into);
std::string read_value(std::string const& text, std::chrono::milliseconds& into);
std::string read_value(std::string const& text, database_type& into);

/// What is wrong with a text that is none of the key's choices, or nothing.
std::string choice_complaint(key const& as, std::string const& text);

/// The complaint with the text in front where that helps. It is quoted as the file has it: what a
/// variable holds is not for messages.
std::string with_quotation(key const& as, node const& value, std::string const& complaint);

} // namespace copg::config::detail
