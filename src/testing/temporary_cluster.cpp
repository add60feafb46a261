// SPDX-License-Identifier: BSL-1.0
#include "testing/supervisor.hpp"

#include <copg/base/error.hpp>
#include <copg/testing/temporary_cluster.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <pwd.h>
#include <unistd.h>

namespace copg::testing {
namespace {

namespace fs = std::filesystem;

std::string make_folder() {
    constexpr std::size_t longest = 60; // a socket's path holds 107 bytes
    auto base = fs::temp_directory_path().string();
    if (base.size() > longest)
        base = "/tmp";
    auto pattern = base + "/copg-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::system_error{errno, std::system_category(), pattern};
    return pattern;
}

// The server refuses to run as root.
std::string user_to_drop_to() {
    if (::geteuid() != 0)
        return {};
    return ::getpwnam("postgres") != nullptr ? "postgres" : "nobody";
}

unsigned short free_port() {
    using asio::ip::tcp;
    asio::io_context context;
    tcp::acceptor acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    return acceptor.local_endpoint().port();
}

std::string read_file(std::string const& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

server_installation choose(server_installation const& wanted) {
    if (!wanted.directory.empty())
        return wanted;
    auto const found = find_servers();
    if (found.empty())
        throw error{
            errc::invalid_configuration,
            "no PostgreSQL server of versions 13 to 18 found; install one (Debian: "
            "postgresql) or point COPG_PG_BIN to the folder that holds initdb and postgres"};
    return found.front();
}

std::string quoted(std::string const& value) {
    std::string text{'\''};
    for (char const c : value)
        text += c == '\'' ? std::string{"''"} : std::string{c};
    return text += '\'';
}

void write_settings(std::string const& folder, cluster_options const& options) {
    std::map<std::string, std::string> settings{
        {"fsync", "off"},
        {"full_page_writes", "off"},
        {"listen_addresses", "127.0.0.1"},
        {"synchronous_commit", "off"},
        {"unix_socket_directories", folder},
    };
    for (auto const& [name, value] : options.settings())
        settings[name] = value;
    std::ofstream file{folder + "/settings"};
    for (auto const& [name, value] : settings)
        file << name << " = " << quoted(value) << '\n';

    std::ofstream rules{folder + "/access_rules"};
    for (auto const& rule : options.access_rules())
        rules << rule << '\n';

    fs::create_directory(folder + "/files");
    for (auto const& [name, content] : options.files())
        std::ofstream{folder + "/files/" + name} << content;
}

} // namespace

cluster_options& cluster_options::setting(std::string const& name, std::string const& value) {
    settings_[name] = value;
    return *this;
}

cluster_options& cluster_options::access_rule(std::string const& line) {
    access_rules_.push_back(line);
    return *this;
}

cluster_options& cluster_options::file(std::string const& name, std::string const& content) {
    files_[name] = content;
    return *this;
}

cluster_options& cluster_options::tls(std::string const& certificate,
                                      std::string const& key,
                                      std::string const& authority) {
    setting("ssl", "on");
    file("server.crt", certificate);
    file("server.key", key);
    if (authority.empty())
        return *this;
    setting("ssl_ca_file", "authority.crt");
    return file("authority.crt", authority);
}

cluster_options& cluster_options::server(server_installation const& installation) {
    server_ = installation;
    return *this;
}

cluster_options& cluster_options::standby_of(temporary_cluster const& primary) {
    primary_ = fmt::format("host={} port={} user=postgres", primary.directory(), primary.port());
    server_ = primary.server();
    return *this;
}

class temporary_cluster::impl {
public:
    explicit impl(cluster_options const& options)
        : server{choose(options.server())},
          folder{make_folder()},
          control{{folder, server.directory, user_to_drop_to()}} {
        write_settings(folder, options);
        auto const& primary = options.primary();
        if (control.ask(primary.empty() ? "make" : "copy " + primary) != "ok")
            fail(primary.empty() ? "initdb failed" : "pg_basebackup failed", "/initdb.log");
        constexpr int tries = 5; // somebody else may take the port that was free
        for (int i = 0; i < tries; ++i) {
            port = free_port();
            if (control.ask(fmt::format("start {}", port)) == "ok")
                return;
        }
        fail("the server does not start", "/log");
    }

    [[noreturn]] void fail(std::string const& what, std::string const& log) const {
        throw error{
            errc::connect_failed,
            fmt::format("temporary cluster in {}: {}\n{}", folder, what, read_file(folder + log))};
    }

    server_installation server;
    std::string folder;
    unsigned short port = 0;
    supervisor control;
};

temporary_cluster::temporary_cluster(cluster_options const& options)
    : impl_{std::make_unique<impl>(options)} {}

temporary_cluster::~temporary_cluster() = default;

std::string temporary_cluster::dsn(std::string_view database) const {
    return fmt::format(
        "host={} port={} user=postgres dbname={}", impl_->folder, impl_->port, database);
}

std::string temporary_cluster::tcp_dsn(std::string_view database) const {
    return fmt::format("postgresql://postgres@127.0.0.1:{}/{}", impl_->port, database);
}

std::string const& temporary_cluster::directory() const noexcept {
    return impl_->folder;
}

unsigned short temporary_cluster::port() const noexcept {
    return impl_->port;
}

server_installation const& temporary_cluster::server() const noexcept {
    return impl_->server;
}

void temporary_cluster::stop() {
    if (impl_->control.ask("stop") != "ok")
        impl_->fail("the server does not stop", "/log");
}

void temporary_cluster::start() {
    if (impl_->control.ask(fmt::format("start {}", impl_->port)) != "ok")
        impl_->fail("the server does not start", "/log");
}

void temporary_cluster::promote() {
    if (impl_->control.ask("promote") != "ok")
        impl_->fail("the server is not promoted", "/log");
}

std::string temporary_cluster::log() const {
    return read_file(impl_->folder + "/log");
}

} // namespace copg::testing
