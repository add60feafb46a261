// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/registration.hpp"

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace copg::detail {

/// Registrations by tenant id or by name. Thread-safe; readers do not exclude each other.
class registry {
public:
    /// Adds or replaces.
    void set(std::string key, std::shared_ptr<registration> entry);
    bool remove(std::string_view key);
    bool has(std::string_view key) const;
    /// Null when there is none.
    std::shared_ptr<registration> find(std::string_view key) const;
    std::vector<std::string> keys() const;

private:
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const noexcept {
            return std::hash<std::string_view>{}(key);
        }
    };

    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<registration>, hash, std::equal_to<>>
        entries_; // guarded by mutex_
};

} // namespace copg::detail
