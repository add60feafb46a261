// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace copg::model {

using table = std::map<int, int>;

/// What was observed that cannot be.
class violation : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What a statement does to a row of the table.
enum class action { insert, update, erase, fail, read };
/// How a statement ended, as its caller saw it.
enum class answer { done, duplicate, division, refused, cancelled, lost };
/// The connection: undisturbed; its end is under way; certainly broken.
enum class link { sound, shaken, broken };
/// How a scope ended, as its caller saw it.
enum class told { returned, rethrown, aborted, failed_after, servers, in_doubt };

struct callback {
    enum class kind { on_commit, on_rollback, undone };
    kind what = kind::on_commit;
    int id = 0;
    bool throws = false;

    callback() = default;
    callback(kind w, int i, bool t) : what{w}, id{i}, throws{t} {}
    auto operator<=>(callback const&) const = default;
};

/// A transaction or a part of it that can be undone by itself.
struct level {
    int id = 0;
    table before;
    bool failed_before = false;
    bool vetoed = false;
    bool made = false; ///< its savepoint was
    bool lost = false; ///< its savepoint was not, which is not known: a cancel request hit it
    std::vector<callback> waiting;

    level() = default;
    auto operator<=>(level const&) const = default;
};

/// One thing that may be the case.
struct world {
    table rows;                        ///< as the transaction sees them
    table aside;                       ///< what statements outside of the transaction have written
    std::map<int, std::set<int>> late; ///< cancelled writes there, which may come at any time
    bool begun = false;                ///< something of the transaction was sent
    bool failed = false;
    link connection = link::sound;
    std::vector<level> levels;   ///< innermost last
    std::map<int, told> endings; ///< of levels that have ended, until their callers have seen it
    bool committed = false;
    std::vector<int> called; ///< the callbacks that must have been run
    std::vector<callback> in_doubt;

    world() = default;
    auto operator<=>(world const&) const = default;
};

struct request {
    action what = action::read;
    int key = 0;
    int value = 0;

    request() = default;
    request(action w, int k, int v) : what{w}, key{k}, value{v} {}
};

struct reply {
    answer what = answer::done;
    std::uint64_t rows = 0;
    table seen; ///< of a read

    reply() = default;
};

/// All that may be the case, given what was observed: usually one world, more when a statement was
/// cancelled or its connection killed. An observation that fits none is a violation.
class worlds {
public:
    explicit worlds(world first) : all_{std::move(first)} {}

    void statement(request const& wanted, reply const& seen);
    /// A statement that stands alone. @param seen  nothing: it was cancelled
    void written_aside(int key, int value, bool surely);
    void shake(bool surely);

    void open(int level);
    void close(int level, bool failed);
    void close_outermost(bool failed);
    void veto(int level, bool surely);
    void waits_for_end(int level, callback const& added);

    void learnt(int level, told how);
    void resolved(bool committed);
    void vetoed(int level, bool seen);
    /// @param ordered  whether callbacks were registered one after the other
    void ended(table const& rows, table const& aside, std::vector<int> const& called, bool ordered);

    std::string describe() const;

private:
    using set = std::set<world>;

    template <class Step>
    void each(std::string const& what, Step step) {
        set next;
        auto const keep = [&next](world w) { next.insert(std::move(w)); };
        for (auto const& from : all_)
            step(from, keep);
        if (next.empty())
            throw violation{what + " cannot be. What could have been is" + describe()};
        all_ = std::move(next);
    }

    set all_;
};

/// @throws violation
level& find(world& in, int id);

} // namespace copg::model
