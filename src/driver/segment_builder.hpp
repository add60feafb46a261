// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/backend_state.hpp"
#include "driver/segment.hpp"
#include "driver/session_data.hpp"

#include <copg/driver/session.hpp>

#include <string>
#include <vector>

namespace copg::detail {

/// Turns plans for one statement into segments for one backend: chooses the prelude (checking the
/// schema the first time), decides what runs under a name, lays out the parameters. What it is
/// given, and the builder itself, must outlive the sending.
class segment_builder {
public:
    segment_builder(backend_state& backend,
                    session const& session,
                    statement const& statement,
                    sql_traits const& traits,
                    std::string const& begin_sql,
                    std::chrono::milliseconds limit);
    segment_builder(segment_builder const&) = delete;
    segment_builder& operator=(segment_builder const&) = delete;

    binding_wish wish() const noexcept { return {session_ != nullptr, limit_}; }

    /// What step::points and step::question stand for.
    void surround(std::vector<std::string> const& points, char const* question) noexcept {
        points_ = &points;
        question_ = question;
    }

    /// @param sets_limit  whether the prelude sets the statement timeout too
    segment build(segment_plan const& plan, bool sets_limit);

private:
    void add_prelude(segment& built, bool sets_limit);
    void add_limit(segment& built);
    void add_statement(segment& built);
    void add_own(segment& built, step purpose, std::string const& sql);
    bool run_under_name(segment& built, segment_item item, cached_statement* cached);
    char const* limit_value() const noexcept;

    backend_state& backend_;
    session_data const* session_;
    statement const& statement_;
    sql_traits const traits_;
    std::string const& begin_sql_;
    std::vector<std::string> const* points_ = nullptr;
    char const* question_ = nullptr;
    std::chrono::milliseconds const limit_;
    std::string const limit_text_;
    wire_parameters statement_parameters_;
    wire_parameters own_parameters_; // of the prelude, or of the limit
};

/// A segment of one statement without parameters.
segment plain_segment(char const* sql, step purpose, errc on_loss);

} // namespace copg::detail
