// SPDX-License-Identifier: BSL-1.0
#include "base/context.hpp"
#include "support/allocation_counter.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

namespace asio = boost::asio;
using namespace copg::detail;

BOOST_AUTO_TEST_SUITE(test_scope_allocations)

BOOST_AUTO_TEST_CASE(the_executor_fits_any_io_executor_without_an_allocation) {
    asio::io_context loop;
    auto const context = std::make_shared<context_node const>(nullptr, nullptr);
    auto const inside = with_context(loop.get_executor(), context);
    auto const tracked = asio::prefer(inside, asio::execution::outstanding_work.tracked);
    auto const before = copg::test::allocations();
    auto const copy = inside;
    auto const never = asio::require(copy, asio::execution::blocking.never);
    auto const again = asio::prefer(never, asio::execution::outstanding_work.tracked);
    BOOST_TEST((again != copy));
    BOOST_TEST(copg::test::allocations() - before == 0u);
    static_cast<void>(tracked);
}

BOOST_AUTO_TEST_SUITE_END()
