// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/transaction_modes.hpp>

namespace copg {
namespace {

char const* text_of(isolation level) noexcept {
    switch (level) {
    case isolation::read_committed:
        return "read committed";
    case isolation::repeatable_read:
        return "repeatable read";
    case isolation::serializable:
        return "serializable";
    }
    return "read committed";
}

} // namespace

transaction_modes& transaction_modes::isolation(copg::isolation level) noexcept {
    isolation_ = level;
    return *this;
}

transaction_modes& transaction_modes::read_only(bool value) noexcept {
    read_only_ = value;
    return *this;
}

transaction_modes& transaction_modes::deferrable(bool value) noexcept {
    deferrable_ = value;
    return *this;
}

std::string transaction_modes::begin_sql() const {
    std::string sql = "begin";
    if (isolation_)
        sql += std::string{" isolation level "} + text_of(*isolation_);
    if (read_only_)
        sql += *read_only_ ? " read only" : " read write";
    if (deferrable_)
        sql += *deferrable_ ? " deferrable" : " not deferrable";
    return sql;
}

} // namespace copg
