// SPDX-License-Identifier: BSL-1.0
#include "base/shutdown_service.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>

namespace asio = boost::asio;
using copg::detail::shutdown_listener;
using copg::detail::shutdown_service;

namespace {

/// Posts to a strand when it is told.
struct posting_listener final : shutdown_listener {
    std::optional<asio::strand<asio::any_io_executor>> strand;
    std::shared_ptr<int> posted = std::make_shared<int>();
    bool told = false;
    bool destroyed_at_once = false;

    void context_gone() noexcept override {
        told = true;
        asio::post(*strand, [kept = posted] {});
        destroyed_at_once = posted.use_count() == 1;
        strand.reset(); // while its service is there
    }
    std::shared_ptr<void> keep_alive() noexcept override { return std::make_shared<int>(); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_shutdown_service)

// A helper thread that posted to a strand while its loop was destroyed had the waiting coroutine
// destroyed under its own lock, and hung.
BOOST_AUTO_TEST_CASE(listeners_are_told_before_strands_are_gone_whichever_was_first) {
    for (auto const strand_first : {true, false}) {
        posting_listener listener;
        {
            asio::io_context loop;
            asio::any_io_executor const executor = loop.get_executor();
            if (strand_first)
                listener.strand.emplace(executor);
            shutdown_service::of(executor).add(listener);
            if (!strand_first)
                listener.strand.emplace(executor);
        }
        BOOST_TEST(listener.told);
        BOOST_TEST(!listener.destroyed_at_once);
    }
}

BOOST_AUTO_TEST_SUITE_END()
