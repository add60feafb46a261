// SPDX-License-Identifier: BSL-1.0
#include <copg/base/duration.hpp>
#include <copg/base/error.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace std::chrono_literals;

namespace {

struct row {
    char const* text;
    std::chrono::nanoseconds value;
    char const* written; ///< by format_duration

    friend std::ostream& operator<<(std::ostream& out, row const& r) { return out << r.text; }
};

row const rows[] = {
    {"0", 0ns, "0s"},
    {"0s", 0ns, "0s"},
    {"30m", 30min, "30m"},
    {"1h", 1h, "1h"},
    {"1h30m", 90min, "1h30m"},
    {"1h0m5s", 3605s, "1h5s"},
    {"90m", 90min, "1h30m"},
    {"500ms", 500ms, "500ms"},
    {"1.5s", 1500ms, "1.5s"},
    {"1.5h", 90min, "1h30m"},
    {".5s", 500ms, "500ms"},
    {"2.s", 2s, "2s"},
    {"+5s", 5s, "5s"},
    {"30s1m", 90s, "1m30s"},
    {"250us", 250us, "250us"},
    {"250\u00b5s", 250us, "250us"},
    {"250\u03bcs", 250us, "250us"},
    {"7ns", 7ns, "7ns"},
    {"1.000000001s", 1'000'000'001ns, "1.000000001s"},
    {"2562047h47m16.854775807s", std::chrono::nanoseconds::max(), "2562047h47m16.854775807s"},
};

struct refusal {
    char const* text;
    char const* part; ///< of the message

    friend std::ostream& operator<<(std::ostream& out, refusal const& r) { return out << r.text; }
};

refusal const refusals[] = {
    {"", "written like"},
    {"30", "needs a unit"},
    {"1h30", "needs a unit"},
    {"h", "written like"},
    {".s", "written like"},
    {"-5s", "not be negative"},
    {"30 m", "the units"},
    {"3d", "the units"},
    {"30M", "the units"},
    {"1,5s", "the units"},
    {" 30s", "written like"},
    {"30s ", "the units"},
    {"3000000h", "292 years"},
    {"9223372036854775808ns", "292 years"},
    {"thirty", "written like"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_duration)

BOOST_DATA_TEST_CASE(a_duration_is_read_as_go_writes_it, rows) {
    BOOST_TEST((copg::parse_duration(sample.text) == sample.value));
}

BOOST_DATA_TEST_CASE(what_is_written_is_read_back, rows) {
    auto const written = copg::format_duration(sample.value);
    BOOST_TEST(written == sample.written);
    BOOST_TEST((copg::parse_duration(written) == sample.value));
}

BOOST_DATA_TEST_CASE(anything_else_is_refused_with_the_reason, refusals) {
    BOOST_CHECK_EXCEPTION(
        copg::parse_duration(sample.text), copg::error, [&](copg::error const& e) {
            BOOST_TEST_MESSAGE(e.what());
            return e.code() == copg::errc::invalid_configuration &&
                   std::string{e.what()}.find(sample.part) != std::string::npos;
        });
}

BOOST_AUTO_TEST_CASE(what_is_shorter_than_a_millisecond_does_not_become_nothing) {
    BOOST_TEST((copg::parse_milliseconds("1ns") == 1ms));
    BOOST_TEST((copg::parse_milliseconds("1.5ms") == 2ms));
    BOOST_TEST((copg::parse_milliseconds("0") == 0ms));
}

BOOST_AUTO_TEST_SUITE_END()
