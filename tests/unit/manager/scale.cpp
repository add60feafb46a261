// SPDX-License-Identifier: BSL-1.0
#include "support/allocation_counter.hpp"

#include <copg/manager/manager.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <malloc.h>
#include <string>
#include <vector>

using copg::manager;

namespace {

constexpr std::size_t tenants = 200'000;
constexpr std::size_t dsns = 1'000;

class many_tenants {
public:
    many_tenants() : routes_{loop_.get_executor()} {
        for (std::size_t i = 0; i < dsns; ++i)
            targets_.push_back({.dsn = "postgres://app@192.0.2.1/db_" + std::to_string(i)});
    }

    /// @return the length of their texts
    std::size_t add(std::size_t from, std::size_t to) {
        std::size_t text = 0;
        for (std::size_t i = from; i < to; ++i) {
            auto const id = "tenant-" + std::to_string(i);
            auto& where = targets_[i % dsns];
            where.schema = "schema_" + std::to_string(i);
            text += id.size() + where.schema.size();
            routes_.set_tenant(id, where);
        }
        return text;
    }

    manager& routes() noexcept { return routes_; }

private:
    boost::asio::io_context loop_;
    manager routes_;
    std::vector<copg::target> targets_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_manager_scale)

// Those over a thousand connection strings, whose own cost a million share; ./dev tenants has both.
BOOST_AUTO_TEST_CASE(a_tenant_costs_at_most_120_bytes_beyond_its_text) {
    many_tenants all;
    all.add(0, dsns);
    auto const before = mallinfo2().uordblks;
    auto const text = all.add(dsns, tenants);
    auto const each = static_cast<double>(mallinfo2().uordblks - before - text) /
                      static_cast<double>(tenants - dsns);
    BOOST_TEST(all.routes().statistics().tenants == tenants);
    BOOST_TEST(each <= 120, each << " bytes");
    BOOST_TEST(each > 0);
}

BOOST_AUTO_TEST_CASE(a_tenant_that_is_used_again_costs_no_allocation_and_the_idle_have_no_pool) {
    many_tenants all;
    all.add(0, 10 * dsns);
    auto const& routes = all.routes();
    routes.tenant("tenant-7");
    auto const before = copg::test::allocations();
    for (int i = 0; i < 100; ++i)
        routes.tenant("tenant-7");
    BOOST_TEST(copg::test::allocations() - before == 0u);
    BOOST_TEST(routes.statistics().pools.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
