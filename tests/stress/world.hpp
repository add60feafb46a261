// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/pool/pool.hpp>
#include <copg/scope/database.hpp>
#include <copg/testing/leak_probe.hpp>

#include <cstdint>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

namespace copg::stress {

namespace asio = boost::asio;

/// Something that must not happen: a row of another tenant, a leftover of a former borrower.
class violation : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct figures {
    std::map<std::string_view, std::uint64_t> operations; ///< by kind
    std::uint64_t rows = 0;                               ///< read, and their tenant checked
    std::uint64_t probes = 0;
    std::uint64_t committed = 0; ///< transactions that must be in the log
};

constexpr int tenant_count = 8;
constexpr int rows_each = 5;

inline std::string tenant_name(int number) {
    return "tenant_" + std::to_string(number);
}

/// Makes a schema for each tenant, in which table `item` holds rows that carry the tenant's name,
/// and table `log` is empty.
asio::awaitable<void> make_tenants(std::string dsn);

/// One of several coroutines that work on a pool at the same time. Its choices depend on its seed
/// alone.
class worker {
public:
    worker(pool shared, testing::leak_probe probe, figures& counts, std::uint64_t seed)
        : pool_{std::move(shared)},
          probe_{std::move(probe)},
          counts_{counts},
          random_{seed},
          tenant_{tenant_name(0)} {}

    /// Does something at random. @throws violation, and whatever the operation does not expect
    asio::awaitable<void> do_something();

    /// What it does now, for messages.
    std::string doing() const { return tenant_ + ", " + std::string{kind_}; }

private:
    struct kind;
    static kind const kinds[];

    // Operations for whoever is the next borrower to be safe from (operations.cpp).
    asio::awaitable<void> read_by_handle();
    asio::awaitable<void> read_by_lease();
    asio::awaitable<void> leave_settings();
    asio::awaitable<void> leave_a_time_zone();
    asio::awaitable<void> leave_a_temporary_table();
    asio::awaitable<void> leave_a_lock();
    asio::awaitable<void> leave_a_channel();
    asio::awaitable<void> leave_a_cursor();
    asio::awaitable<void> leave_a_prepared_statement();
    asio::awaitable<void> drop_prepared_statements();
    asio::awaitable<void> run_a_script();
    asio::awaitable<void> commit();
    asio::awaitable<void> abort();
    asio::awaitable<void> leave_a_transaction_open();
    asio::awaitable<void> fail();
    asio::awaitable<void> be_cancelled();
    asio::awaitable<void> kill_the_server_process();
    asio::awaitable<void> drop_a_copy();
    asio::awaitable<void> drop_a_stream();
    asio::awaitable<void> look_for_leaks();

    database handle() const { return database{pool_, tenant_}; }
    int below(int bound) { return std::uniform_int_distribution{0, bound - 1}(random_); }
    bool maybe() { return below(2) == 0; }
    asio::awaitable<lease> borrow();
    asio::awaitable<void> leave(std::string sql, bool reads_behind);
    asio::awaitable<void> check_rows(lease const& held);
    void check_owner(std::string_view owner);

    pool const pool_;
    testing::leak_probe const probe_;
    figures& counts_;
    std::mt19937_64 random_;
    std::string tenant_;
    std::string_view kind_ = "nothing yet";
};

} // namespace copg::stress
