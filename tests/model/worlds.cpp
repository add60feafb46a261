// SPDX-License-Identifier: BSL-1.0
#include "model/worlds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace copg::model {

level& find(world& in, int id) {
    auto const found = std::find_if(
        in.levels.begin(), in.levels.end(), [id](level const& each) { return each.id == id; });
    if (found == in.levels.end())
        throw violation{fmt::format("level {} is not open", id)};
    return *found;
}

namespace {

/// What a healthy transaction answers. @return what the caller must have seen
reply apply(world& in, request const& wanted) {
    reply expected;
    auto const exists = in.rows.contains(wanted.key);
    expected.rows = exists ? 1 : 0;
    switch (wanted.what) {
    case action::insert:
        if (exists)
            expected.what = answer::duplicate;
        expected.rows = 1;
        in.rows.try_emplace(wanted.key, wanted.value);
        break;
    case action::update:
        if (exists)
            in.rows[wanted.key] = wanted.value;
        break;
    case action::erase:
        in.rows.erase(wanted.key);
        break;
    case action::fail:
        expected.what = answer::division;
        break;
    case action::read:
        expected.rows = in.rows.size();
        expected.seen = in.rows;
        break;
    }
    in.failed = expected.what != answer::done;
    return expected;
}

/// The innermost level that was not made before, and is not lost yet; or null.
level* unmade(world const& before, world& after) {
    for (auto i = after.levels.size(); i > 1; --i) // the outermost one has no savepoint
        if (!before.levels[i - 1].made && !after.levels[i - 1].lost)
            return &after.levels[i - 1];
    return nullptr;
}

bool same(reply const& a, reply const& b) {
    return a.what == b.what && (a.what != answer::done || (a.rows == b.rows && a.seen == b.seen));
}

} // namespace

void worlds::statement(request const& wanted, reply const& seen) {
    auto const what = fmt::format("answer {} ({} rows: {}) to action {} of row {}",
                                  static_cast<int>(seen.what),
                                  seen.rows,
                                  seen.seen,
                                  static_cast<int>(wanted.what),
                                  wanted.key);
    each(what, [&](world const& from, auto const& keep) {
        auto after = from;
        after.begun = true;
        if (!from.failed)
            for (auto& each : after.levels)
                each.made = true;
        if (seen.what == answer::lost) {
            after.connection = link::broken;
            if (from.connection != link::sound)
                keep(after);
            return;
        }
        if (seen.what == answer::cancelled) { // not sent; failed or stopped; done
            keep(from);
            keep(after);
            after.failed = true;
            keep(after);
            for (auto stopped = after; auto* const level = unmade(from, stopped); keep(stopped))
                level->lost = true;
            after.failed = from.failed;
            if (!from.failed)
                apply(after, wanted);
            keep(after);
            return;
        }
        if (from.connection == link::broken)
            return;
        if (from.failed) {
            if (seen.what == answer::refused)
                keep(from);
            return;
        }
        if (same(apply(after, wanted), seen))
            keep(after);
    });
}

void worlds::written_aside(int key, int value, bool surely) {
    each("a statement aside", [&](world const& from, auto const& keep) {
        auto after = from;
        if (surely)
            after.aside[key] = value;
        else
            after.late[key].insert(value);
        keep(after);
    });
}

void worlds::shake(bool surely) {
    each("a kill", [&](world const& from, auto const& keep) {
        auto after = from;
        if (after.connection != link::broken)
            after.connection = surely ? link::broken : link::shaken;
        keep(after);
    });
}

void worlds::open(int id) {
    each("a new level", [&](world const& from, auto const& keep) {
        auto after = from;
        level inner;
        inner.id = id;
        inner.before = from.rows;
        inner.failed_before = from.failed;
        after.levels.push_back(std::move(inner));
        keep(after);
    });
}

void worlds::veto(int id, bool surely) {
    each("a veto", [&](world const& from, auto const& keep) {
        auto after = from;
        find(after, id).vetoed = true;
        keep(after);
        if (!surely)
            keep(from);
    });
}

void worlds::waits_for_end(int id, callback const& added) {
    each("a callback", [&](world const& from, auto const& keep) {
        auto after = from;
        find(after, id).waiting.push_back(added);
        keep(after);
    });
}

std::string worlds::describe() const {
    std::string text;
    for (auto const& w : all_) {
        text +=
            fmt::format("\n  {{{}, aside {}, failed {}, link {}, committed {}, called {}, levels",
                        w.rows,
                        w.aside,
                        w.failed,
                        static_cast<int>(w.connection),
                        w.committed,
                        w.called);
        for (auto const& l : w.levels)
            text += fmt::format(" {} (vetoed {}, failed before {}, before {})",
                                l.id,
                                l.vetoed,
                                l.failed_before,
                                l.before);
        for (auto const& [id, how] : w.endings)
            text += fmt::format(", end of {}: {}", id, static_cast<int>(how));
        text += '}';
    }
    return text;
}

} // namespace copg::model
