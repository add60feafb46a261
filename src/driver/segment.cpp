// SPDX-License-Identifier: BSL-1.0
#include "driver/segment.hpp"

namespace copg::detail {

wire_parameters::wire_parameters(statement const& statement) {
    for (std::size_t i = 0; i < statement.parameter_count(); ++i)
        add(static_cast<unsigned>(statement.type(i)),
            statement.value(i),
            statement.length(i),
            statement.is_binary(i));
}

void wire_parameters::add_text(char const* value) {
    add(0, value, 0, false);
}

void wire_parameters::add(unsigned type, char const* value, int length, bool binary) {
    types_.push_back(type);
    values_.push_back(value);
    lengths_.push_back(length);
    formats_.push_back(binary ? 1 : 0);
}

} // namespace copg::detail
