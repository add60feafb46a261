// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace copg::testing {

/// A PostgreSQL server installation that was found on this machine.
struct server_installation {
    int version = 0;       ///< major version: 15
    std::string directory; ///< of initdb and postgres
};

/// The installations of versions 13 to 18, newest first: COPG_PG_BIN if it is set, else what
/// distributions use (/usr/lib/postgresql/N/bin, /usr/pgsql-N/bin …), else what is on the PATH.
COPG_API std::vector<server_installation> find_servers();

class temporary_cluster;

/// How a temporary_cluster is made.
class COPG_API cluster_options {
public:
    cluster_options() = default;

    /// A line of postgresql.conf; durability is off by default.
    cluster_options& setting(std::string const& name, std::string const& value);

    /// A line of pg_hba.conf, in front of those that trust everybody.
    cluster_options& access_rule(std::string const& line);

    /// A file in the data directory that only the server can read: a certificate, standby.signal …
    cluster_options& file(std::string const& name, std::string const& content);

    /// Makes the server speak TLS. All in PEM form.
    /// @param authority  whose client certificates the server believes; none by default
    cluster_options&
    tls(std::string const& certificate, std::string const& key, std::string const& authority = {});

    /// Which server to run; the newest one found by default.
    cluster_options& server(server_installation const& installation);

    /// Makes it a streaming standby of a cluster that runs: a copy of its data and settings, made
    /// by the primary's own pg_basebackup, which then follows it. Settings, access rules and files
    /// given here come on top; server() does not count. The primary may go before the standby.
    cluster_options& standby_of(temporary_cluster const& primary);

    std::map<std::string, std::string> const& settings() const noexcept { return settings_; }
    std::vector<std::string> const& access_rules() const noexcept { return access_rules_; }
    std::map<std::string, std::string> const& files() const noexcept { return files_; }
    server_installation const& server() const noexcept { return server_; }
    /// A connection string of the primary; empty when it is no standby.
    std::string const& primary() const noexcept { return primary_; }

private:
    std::map<std::string, std::string> settings_;
    std::vector<std::string> access_rules_;
    std::map<std::string, std::string> files_;
    server_installation server_;
    std::string primary_;
};

/// A private PostgreSQL server for tests and benchmarks: its data in a temporary folder, a UNIX
/// socket and a free TCP port of 127.0.0.1, superuser `postgres`, no password asked for.
///
/// Server and folder are gone after destruction, and when the process ends in any other way, killed
/// ones included: a supervisor outside the process sees to it. Run as root, the server runs as the
/// user `postgres` or `nobody`. Functions block. Thread safety: distinct objects are safe.
/// @throws error errc::connect_failed with the server's own log when it cannot be started
class COPG_API temporary_cluster {
public:
    explicit temporary_cluster(cluster_options const& options = {});
    temporary_cluster(temporary_cluster const&) = delete;
    temporary_cluster& operator=(temporary_cluster const&) = delete;
    ~temporary_cluster();

    /// A connection string over the UNIX socket.
    std::string dsn(std::string_view database = "postgres") const;

    /// A connection string over TCP, as URI.
    std::string tcp_dsn(std::string_view database = "postgres") const;

    std::string const& directory() const noexcept;
    unsigned short port() const noexcept;
    server_installation const& server() const noexcept;

    /// Stops the server at once, as a crash of the machine would (SIGQUIT).
    void stop();
    /// Starts it again on the same port.
    void start();

    /// Makes a standby a primary, and waits until it takes writes. @throws error
    /// errc::connect_failed with the server's log when it is none, or does not run
    void promote();

    /// The server's log so far.
    std::string log() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace copg::testing
