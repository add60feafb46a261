// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <string>
#include <vector>

namespace copg::config {

/// Something that is wrong, or doubtful, in a configuration. Holds no secret.
struct problem {
    enum class severity { warning, error };

    severity level = severity::error;
    std::string file; ///< "environment" for what an environment variable overrides
    int line = 0;     ///< from 1; 0 when there is none
    std::string path; ///< `dbmanager.connections.primary.port`; empty for the whole file
    std::string sentence;

    /// `file:line: path: sentence`
    COPG_API std::string text() const;
};

/// Whether none of them is an error.
COPG_API bool all_harmless(std::vector<problem> const& problems) noexcept;

} // namespace copg::config
