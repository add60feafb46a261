// SPDX-License-Identifier: BSL-1.0
#include <copg/testing/temporary_cluster.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace copg::testing {
namespace {

namespace fs = std::filesystem;

constexpr int oldest_version = 13;
constexpr int newest_version = 18;

bool is_server(fs::path const& directory) {
    std::error_code ignored;
    return fs::exists(directory / "initdb", ignored) && fs::exists(directory / "postgres", ignored);
}

// "postgres (PostgreSQL) 15.18 (Debian …)"
int version_of(fs::path const& directory) {
    auto const command =
        fmt::format("'{}' --version 2>/dev/null", (directory / "postgres").string());
    auto* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr)
        return 0;
    char text[128] = {};
    auto const read = std::fread(text, 1, sizeof text - 1, pipe);
    ::pclose(pipe);
    std::istringstream words{std::string{text, read}};
    std::string word;
    while (words >> word)
        if (auto const version = std::atoi(word.c_str()); version > 0)
            return version;
    return 0;
}

void add(std::vector<server_installation>& found, fs::path const& directory) {
    if (!is_server(directory))
        return;
    auto const version = version_of(directory);
    if (version >= oldest_version && version <= newest_version)
        found.push_back({version, directory.string()});
}

std::vector<server_installation> on_path() {
    std::vector<server_installation> found;
    auto const* path = std::getenv("PATH");
    std::istringstream folders{path == nullptr ? "" : path};
    for (std::string folder; found.empty() && std::getline(folders, folder, ':');)
        add(found, folder);
    return found;
}

} // namespace

std::vector<server_installation> find_servers() {
    std::vector<server_installation> found;
    if (auto const* chosen = std::getenv("COPG_PG_BIN"); chosen != nullptr && *chosen != '\0') {
        add(found, chosen);
        return found;
    }
    for (int version = newest_version; version >= oldest_version; --version)
        for (auto const* pattern : {"/usr/lib/postgresql/{}/bin",
                                    "/usr/pgsql-{}/bin",
                                    "/opt/homebrew/opt/postgresql@{}/bin"})
            add(found, fmt::format(fmt::runtime(pattern), version));
    return found.empty() ? on_path() : found;
}

} // namespace copg::testing
