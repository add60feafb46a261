// SPDX-License-Identifier: BSL-1.0
#define BOOST_TEST_MODULE copg
#ifdef BOOST_TEST_DYN_LINK
#include <boost/test/unit_test.hpp>
#else // Boost as headers alone
#include <boost/test/included/unit_test.hpp>
#endif
