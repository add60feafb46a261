// SPDX-License-Identifier: BSL-1.0
#include <copg/manager/database_type.hpp>

namespace copg {

std::string_view to_string(database_type type) noexcept {
    switch (type) {
    case database_type::postgres:
        return "postgres";
    case database_type::mysql:
        return "mysql";
    case database_type::sqlite:
        return "sqlite";
    case database_type::mssql:
        return "mssql";
    case database_type::mongodb:
        return "mongodb";
    case database_type::scylla:
        return "scylla";
    }
    return "unknown";
}

} // namespace copg
