// SPDX-License-Identifier: BSL-1.0
// Reads a row after its result is gone: the address sanitizer ends this program. Exits with 0 when
// nobody notices.
#include <copg/driver/row_view.hpp>

#include <libpq-fe.h>

#include <optional>

int main() {
    auto* const made = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
    std::string name = "value";
    std::string value(100, 'x');
    PGresAttDesc column{name.data(), 0, 0, 1, static_cast<Oid>(copg::oid::text), -1, -1};
    PQsetResultAttrs(made, 1, &column);
    PQsetvalue(made, 0, 0, value.data(), static_cast<int>(value.size()));

    std::optional<copg::result> rows{copg::result{made}};
    auto const bytes = copg::row_view{*rows, 0}.at(0).bytes;
    rows.reset();
    return std::string{bytes} == value ? 0 : 0;
}
