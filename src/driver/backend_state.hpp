// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/reset_policy.hpp>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace copg::detail {

/// What copg remembers of a connection's server process between statements. Belongs to whoever has
/// the connection; see claim in runner.cpp.
class backend_state {
public:
    explicit backend_state(bool named_statements) noexcept : named_{named_statements} {}

    /// Whether statements may be prepared under a name (poolers between can forbid it).
    bool names_statements() const noexcept { return named_; }

    /// The name under which the text is prepared here, or null.
    std::string const* prepared_name(std::string const& sql) const;
    /// A name that is not in use.
    std::string next_name() { return "copg_" + std::to_string(++last_name_); }
    void remember(std::string const& sql, std::string name) { names_[sql] = std::move(name); }
    void forget_statements() noexcept { names_.clear(); }

    /// Whether these schemas have been seen to exist here.
    bool knows_schemas(std::size_t hash) const { return schemas_.contains(hash); }
    void learn_schemas(std::size_t hash);

    /// A statement that may leave something behind is about to run.
    void mark_dirty() noexcept { dirty_ = true; }
    /// The borrower gave the connection back.
    void end_borrow(reset_policy policy) noexcept;
    bool reset_due() const noexcept { return reset_due_; }
    void reset_done() noexcept { reset_due_ = false; }

private:
    bool named_;
    bool dirty_ = false;
    bool reset_due_ = false;
    unsigned last_name_ = 0;
    std::unordered_map<std::string, std::string> names_; // SQL text to name
    std::unordered_set<std::size_t> schemas_;
};

} // namespace copg::detail
