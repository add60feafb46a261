// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace copg::detail {

/// A statement that one server process keeps, or is to keep, under a name.
struct cached_statement : boost::intrusive::list_base_hook<> {
    std::string sql;
    boost::container::small_vector<unsigned, 6> types;
    std::size_t binding = 0;
    std::uint64_t meaning = 0;
    std::size_t hash = 0;
    std::string name;
    std::uint64_t prepared_in = 0; ///< the generation in which it stands; 0: it does not
    std::uint64_t used_in = 0;     ///< the generation in which it was used last
    bool preparing = false;        ///< its Prepare has been built and not been answered
};

/// Which statements one server process keeps under a name. Pure: asked while a segment is built,
/// told what was answered.
///
/// A statement is named on its second use: what comes once is not worth a name, neither at all nor
/// between two resets that drop everything. The least recently
/// used are dropped when the budget is exceeded. The key holds what the statement is bound to
/// (search path and role), since a server that meets one statement under another search path
/// analyses it anew each time. Two bindings that share a hash share a statement, which is slow and
/// still right. It also holds the state of the settings (backend_state::meaning()): the server
/// reads literals, a timestamp without a zone for instance, when it prepares, not when it executes.
class statement_cache {
public:
    struct key {
        std::string_view sql;
        std::span<unsigned const> types;
        std::size_t binding = 0;
        std::uint64_t meaning = 0;
    };
    enum class naming { at_second_use, at_once };

    /// @param budget  bytes, as cost() counts them; 0: nothing is named
    explicit statement_cache(std::size_t budget);
    statement_cache(statement_cache const&) = delete;
    statement_cache& operator=(statement_cache const&) = delete;
    ~statement_cache();

    /// What one statement counts: its text, and what the server's plan takes by and large.
    static std::size_t cost(std::string_view sql) noexcept { return sql.size() + 4'096; }

    /// The place of a statement that is to run under a name, or null: it runs unnamed. Valid until
    /// the next trim().
    cached_statement* use(key const& wanted, naming when = naming::at_second_use);

    /// Whether it stands on the server, or will when what was built before has been executed.
    bool stands(cached_statement const& statement) const noexcept {
        return statement.preparing || is_prepared(statement);
    }
    bool is_prepared(cached_statement const& statement) const noexcept {
        return statement.prepared_in == generation_;
    }

    /// Gives it a new name; the caller builds its Prepare.
    void prepare(cached_statement& statement);
    /// The Prepare was answered.
    void prepared(cached_statement& statement) noexcept;
    /// It does not stand on the server, whatever was believed.
    void lost(cached_statement& statement) noexcept;
    /// It stands there and is of no use any more.
    void outdated(cached_statement& statement);
    /// Nothing stands on the server any more.
    void forget_all() noexcept;

    /// Drops what was prepared under settings that a reset undoes.
    void drop_altered();
    /// Drops what exceeds the budget. Call before a segment is built.
    void trim();
    /// Names that the server can let go of.
    std::vector<std::string>& dropped() noexcept { return dropped_; }

    std::size_t size() const noexcept { return by_hash_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    bool seen_before(std::size_t hash) noexcept;
    cached_statement& insert(key const& wanted, std::size_t hash);
    void drop(cached_statement& statement);

    std::size_t const budget_;
    std::string const prefix_;
    std::uint64_t generation_ = 1;
    std::uint64_t last_name_ = 0;
    std::size_t bytes_ = 0;
    std::size_t altered_ = 0; // how many have a meaning of their own
    boost::unordered_flat_map<std::size_t, std::unique_ptr<cached_statement>> by_hash_;
    boost::intrusive::list<cached_statement> recent_; // most recently used first
    std::vector<std::size_t> sightings_;              // hashes of what was used once, by place
    std::vector<std::string> dropped_;
};

} // namespace copg::detail
