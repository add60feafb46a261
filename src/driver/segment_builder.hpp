// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/backend_state.hpp"
#include "driver/segment.hpp"
#include "driver/session_data.hpp"

#include <copg/driver/session.hpp>

#include <string>

namespace copg::detail {

/// Turns a plan into a segment for one backend: chooses the prelude (checking the schema the first
/// time), names it, lays out the parameters. What it is given must outlive the segment.
class segment_builder {
public:
    segment_builder(backend_state& backend,
                    session const& session,
                    statement const& statement,
                    std::string const& begin_sql);

    segment build(segment_plan const& plan);

    /// Remembers what the answer to the last segment built has shown.
    void learn(segment const& sent, segment_answer const& answer);

private:
    void add_prelude(segment& segment);

    backend_state& backend_;
    session_data const* session_;
    statement const& statement_;
    std::string const& begin_sql_;
    wire_parameters statement_parameters_;
    wire_parameters prelude_parameters_;
    std::string const* prelude_sql_ = nullptr;
    std::string new_name_; // of a prelude that this segment prepares
    bool checks_schemas_ = false;
};

/// A segment of one statement without parameters.
segment plain_segment(char const* sql, step purpose, errc on_loss);

} // namespace copg::detail
