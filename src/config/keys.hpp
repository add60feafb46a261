// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/config/configuration.hpp>

#include <span>
#include <string_view>
#include <variant>

namespace copg::config::detail {

/// What stands directly under `dbmanager:`.
struct manager_section {
    manager_settings settings;
    pool_settings pool;
};

/// Where a value goes, and thereby what it must be.
template <class Owner, class Value>
using optional_member = std::optional<Value> Owner::*;

using member = std::variant<std::monostate, // read by code of its own
                            optional_member<definition, std::string>,
                            optional_member<definition, std::uint16_t>,
                            optional_member<definition, bool>,
                            std::map<std::string, std::string> definition::*,
                            database_type definition::*,
                            optional_member<pool_settings, std::size_t>,
                            optional_member<pool_settings, std::chrono::milliseconds>,
                            std::string manager_settings::*,
                            std::size_t manager_settings::*,
                            std::chrono::milliseconds manager_settings::*,
                            bool manager_settings::*>;

/// Where a key can stand.
enum place_flags : unsigned {
    in_dbpool = 1,     ///< in a definition of dbpool-definitions
    in_connection = 2, ///< in a connection of dbmanager
    in_manager = 4,    ///< in dbmanager itself, for all its connections
};

struct key {
    std::string_view name; ///< as documented
    std::vector<std::string_view> aliases;
    unsigned places;
    member into;
    std::string_view dbpool_default;       ///< empty: none
    std::string_view manager_default;      ///< the same for dbmanager
    std::vector<std::string_view> choices; ///< empty: anything that the type allows

    /// What a value must be, in one or two words.
    std::string_view type() const;
};

/// All of them. The single place that names keys, aliases and defaults; the reference page is
/// checked against it.
std::span<key const> keys();

/// The key that is written so at this place, by name or alias, with `-` or `_`; null if none.
key const* find_key(std::string_view written, unsigned place);

/// The known names for that place.
std::vector<std::string_view> names_at(unsigned place);

/// `min-conns` as `min_conns`.
std::string underscored(std::string_view written);

/// The type of this name, if there is one.
std::optional<database_type> type_of(std::string_view name);

} // namespace copg::config::detail
