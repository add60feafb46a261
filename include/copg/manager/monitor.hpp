// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/pool_report.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

namespace copg {

namespace asio = boost::asio;

namespace detail {
class monitor_owner;
}

/// Gives the pools that are to be watched, now. One that holds pool handles keeps the pools open.
using monitor_source = std::function<std::vector<named_statistics>()>;
/// Receives a round's reports, in the source's order.
using monitor_sink = std::function<void(std::vector<pool_report> const&)>;

/// Reports what pools do, once in each interval:
///
///     copg::monitor monitor{executor, [pool] { return std::vector{named_statistics{
///         "main", pool.statistics()}}; }, 30s, [](auto const& reports) {
///             for (auto const& report : reports) log(describe(report)); }};
///     monitor.start();
///
/// States: stopped, as it is made; started, when its timer keeps the event loop running. Source and
/// sink are called on the executor, one after the other and never two at a time; they may stop or
/// start the monitor. An exception of theirs ends the round and nothing else: failures() counts it
/// and last_failure() keeps it; the next report then covers the time of both.
///
/// A monitor is a handle: copies share it, and the last one stops it. Thread safety: every function
/// may be called from any thread, on shared objects too. Lifetime: the executor's context must
/// outlive it.
class COPG_API monitor {
public:
    /// @param interval  from the end of one round to the next one's start; greater than 0
    /// @throws error errc::invalid_configuration: no source, no sink, or no such interval
    monitor(asio::any_io_executor executor,
            monitor_source source,
            std::chrono::milliseconds interval,
            monitor_sink sink);

    /// Asks the source for what there is now; the first report comes an interval later, and covers
    /// the time between. Does nothing when it is started already.
    void start() const;

    /// No round begins any more; one that is under way ends, possibly after this has returned. Does
    /// nothing when it is stopped already.
    void stop() const noexcept;

    bool is_started() const noexcept;

    std::uint64_t reports() const noexcept;  ///< rounds that the sink has seen to their end
    std::uint64_t failures() const noexcept; ///< calls of source or sink that threw
    std::exception_ptr last_failure() const noexcept; ///< null: none

private:
    std::shared_ptr<detail::monitor_owner> owner_;
};

} // namespace copg
