// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connection.hpp>
#include <copg/testing/temporary_cluster.hpp>

#include <string>

namespace copg::test {

/// The server that all tests of an executable share.
testing::temporary_cluster& cluster();

/// A database of its own for one test, empty, dropped with the object.
class scratch_database {
public:
    explicit scratch_database(testing::temporary_cluster& server = cluster());
    scratch_database(scratch_database const&) = delete;
    scratch_database& operator=(scratch_database const&) = delete;
    ~scratch_database();

    std::string dsn() const { return server_.dsn(name_); }
    std::string tcp_dsn() const { return server_.tcp_dsn(name_); }
    std::string const& name() const noexcept { return name_; }

    /// Runs statements on a connection of its own, on a loop of its own.
    void execute(std::initializer_list<char const*> statements) const;
    /// The first column of the first row as text, likewise.
    std::string text(std::string const& sql) const;

private:
    testing::temporary_cluster& server_;
    std::string name_;
};

/// Two schemas `a` and `b` in which table `item (id int primary key, owner text)` holds ten rows
/// each, whose owner is the schema's name.
void make_two_tenants(scratch_database const& database);

} // namespace copg::test
