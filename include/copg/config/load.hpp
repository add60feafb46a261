// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/config/configuration.hpp>
#include <copg/config/problem.hpp>

namespace copg::config {

using variables = std::map<std::string, std::string, std::less<>>;

/// This process's environment.
COPG_API variables process_environment();

struct load_options {
    /// For `${NAME}` in the files and for what overrides them.
    variables environment = process_environment();

    /// `SHOP` lets SHOP_DBMANAGER_MAX_OPEN_CONNS and the like override the files. Empty: nothing
    /// does.
    std::string prefix;
};

struct loaded {
    configuration value;
    std::vector<problem> problems; ///< in the order of the files and their lines

    /// Whether there is no error among the problems.
    bool usable() const noexcept { return all_harmless(problems); }
};

/// A text and the name that problems call it by.
struct source {
    std::string name;
    std::string text;
};

/// Reads YAML with the roots `dbpool-definitions:` and `dbmanager:`; other roots are left alone. Of
/// several sources, a later one wins key by key. Opens no connection and looks nothing up.
COPG_API loaded load(std::vector<source> const& sources, load_options const& options = {});

/// The same from files; one that cannot be read is a problem like any other.
COPG_API loaded load_files(std::vector<std::string> const& files, load_options const& options = {});

/// The configuration of files without errors. @throws error errc::invalid_configuration with the
/// text of every error, a line each
COPG_API configuration require_files(std::vector<std::string> const& files,
                                     load_options const& options = {});

} // namespace copg::config
