// SPDX-License-Identifier: BSL-1.0
// How levels end, and what their callers may learn of it.
#include "model/worlds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace copg::model {
namespace {

/// Those that are to be run at an end that is known.
std::vector<int> due(std::vector<callback> const& waiting, bool committed) {
    auto const wanted = committed ? callback::kind::on_commit : callback::kind::on_rollback;
    std::vector<int> ids;
    for (auto const& each : waiting)
        if (each.what == wanted || each.what == callback::kind::undone)
            ids.push_back(each.id);
    return ids;
}

bool throws_when_committed(std::vector<callback> const& waiting) {
    for (auto const& each : waiting)
        if (each.throws && each.what == callback::kind::on_commit)
            return true;
    return false;
}

bool could_be(world const& in, table aside) {
    for (auto const& [key, values] : in.late) {
        auto const found = aside.find(key);
        if (found == aside.end() || !values.contains(found->second))
            continue;
        aside.erase(found);
        if (auto const before = in.aside.find(key); before != in.aside.end())
            aside.insert(*before);
    }
    return aside == in.aside;
}

level take_innermost(world& from, int id) {
    if (from.levels.empty() || from.levels.back().id != id)
        throw violation{fmt::format("level {} is not the innermost one", id)};
    auto inner = std::move(from.levels.back());
    from.levels.pop_back();
    return inner;
}

void keep_inner(world& in, level const& inner) {
    for (auto const& each : inner.waiting)
        in.levels.back().waiting.push_back(each);
}

void undo_inner(world& in, level const& inner) {
    in.rows = inner.before;
    in.failed = inner.failed_before || inner.lost;
    for (auto each : inner.waiting) {
        if (each.what == callback::kind::on_commit)
            continue;
        each.what = callback::kind::undone;
        in.levels.back().waiting.push_back(each);
    }
}

world end_of(world from, level const& outermost, told how, bool committed) {
    from.endings[outermost.id] = how;
    from.committed = committed;
    if (!committed)
        from.rows = outermost.before;
    if (how == told::in_doubt)
        from.in_doubt = outermost.waiting;
    else
        from.called = due(outermost.waiting, committed);
    return from;
}

} // namespace

void worlds::close(int id, bool failed) {
    each(fmt::format("the end of level {}", id), [&](world from, auto const& keep) {
        auto const inner = take_innermost(from, id);
        auto const bad = failed || inner.vetoed || from.failed;
        auto after = from;
        if (bad)
            undo_inner(after, inner);
        else
            keep_inner(after, inner);
        after.endings[id] = failed ? told::rethrown : bad ? told::aborted : told::returned;
        keep(after);
        if (after.failed) { // there is nothing to go back to; or nobody knows of a reason
            after.levels.back().vetoed = true;
            keep(after);
        }
        if (from.connection == link::sound)
            return;
        if (!failed && !inner.vetoed) { // the outermost one will tell that all is lost
            after = from;
            keep_inner(after, inner);
            after.endings[id] = told::returned;
            keep(after);
        }
        after = from; // the end of the connection comes to be known here
        undo_inner(after, inner);
        after.connection = link::broken;
        after.levels.back().vetoed = true;
        after.endings[id] = failed ? told::rethrown : told::aborted;
        keep(after);
    });
}

void worlds::close_outermost(bool failed) {
    each("the end of the transaction", [&](world from, auto const& keep) {
        auto const whole = take_innermost(from, from.levels.front().id);
        if (failed) {
            keep(end_of(from, whole, told::rethrown, false));
            return;
        }
        if (whole.vetoed || from.failed) {
            keep(end_of(from, whole, told::aborted, false));
            return;
        }
        if (from.connection != link::broken || !from.begun) {
            auto const how =
                throws_when_committed(whole.waiting) ? told::failed_after : told::returned;
            keep(end_of(from, whole, how, true));
        }
        if (from.connection == link::sound)
            return;
        keep(end_of(from, whole, told::aborted, false));
        keep(end_of(from, whole, told::servers, false));
        keep(end_of(from, whole, told::in_doubt, false));
        if (from.connection == link::shaken)
            keep(end_of(from, whole, told::in_doubt, true));
    });
}

void worlds::learnt(int id, told how) {
    auto const what = fmt::format("level {} told its end {}", id, static_cast<int>(how));
    each(what, [&](world from, auto const& keep) {
        auto const found = from.endings.find(id);
        if (found == from.endings.end() || found->second != how)
            return;
        from.endings.erase(found);
        keep(from);
    });
}

void worlds::resolved(bool committed) {
    each(fmt::format("resolved as committed: {}", committed), [&](world from, auto const& keep) {
        if (from.committed != committed)
            return;
        from.called = due(from.in_doubt, committed);
        keep(from);
    });
}

void worlds::vetoed(int id, bool seen) {
    each(fmt::format("level {} rollback-only: {}", id, seen), [&](world from, auto const& keep) {
        if (find(from, id).vetoed == seen)
            keep(from);
    });
}

void worlds::ended(table const& rows,
                   table const& aside,
                   std::vector<int> const& called,
                   bool ordered) {
    auto const in_order = [ordered](std::vector<int> ids) {
        if (!ordered)
            std::sort(ids.begin(), ids.end());
        return ids;
    };
    auto const what = fmt::format("rows {}, aside {}, called {}", rows, aside, called);
    each(what, [&](world const& from, auto const& keep) {
        if (from.rows == rows && could_be(from, aside) && in_order(from.called) == in_order(called))
            keep(from);
    });
}

} // namespace copg::model
