// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config/values.hpp"

#include <fmt/format.h>

namespace copg::config::detail {

/// Reads the keys of one mapping into what they belong to.
class section_reader {
public:
    section_reader(problems& found, definition* of, manager_settings* settings, pool_settings* pool)
        : problems_{found}, definition_{of}, settings_{settings}, pool_{pool} {}

    void read(key const& as, node const& value, std::string const& path) {
        std::visit([&](auto into) { put(as, value, path, into); }, as.into);
    }

private:
    void put(key const&, node const&, std::string const&, std::monostate) {}
    template <class T>
    void put(key const& as, node const& value, std::string const& path, T definition::* into) {
        put_at(as, value, path, definition_->*into);
    }
    template <class T>
    void put(key const& as, node const& value, std::string const& path, T pool_settings::* into) {
        put_at(as, value, path, pool_->*into);
    }
    template <class T>
    void
    put(key const& as, node const& value, std::string const& path, T manager_settings::* into) {
        put_at(as, value, path, settings_->*into);
    }

    template <class T>
    static T& room_in(T& value) {
        return value;
    }
    template <class T>
    static T& room_in(std::optional<T>& value) {
        return value.emplace();
    }
    template <class T>
    static void clear(T&) {}
    template <class T>
    static void clear(std::optional<T>& value) {
        value.reset();
    }

    template <class T>
    void put_at(key const& as, node const& value, std::string const& path, T& into) {
        auto complaint = std::string{"must be a single value"};
        if (value.what == node::kind::scalar)
            complaint = choice_complaint(as, value.text);
        if (complaint.empty())
            complaint = read_value(value.text, room_in(into));
        if (complaint.empty())
            return;
        clear(into);
        report(problems_, value.where, path, with_quotation(as, value, complaint));
    }

    void put_at(key const&,
                node const& value,
                std::string const& path,
                std::map<std::string, std::string>& into) {
        if (value.what != node::kind::map)
            report(problems_, value.where, path, "must be a mapping");
        for (auto const& [name, where, text] : value.entries) {
            if (text.what == node::kind::scalar)
                into.insert_or_assign(name, text.text);
            else
                report(
                    problems_, where, fmt::format("{}.{}", path, name), "must be a single value");
        }
    }

    problems& problems_;
    definition* definition_;
    manager_settings* settings_;
    pool_settings* pool_;
};

} // namespace copg::config::detail
