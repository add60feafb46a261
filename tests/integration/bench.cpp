// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/program.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace copg::test;

namespace {

json::value run_to_json(std::vector<std::string> options) {
    auto const file = cluster().directory() + "/bench.json";
    options.insert(options.begin(), COPG_BENCH);
    options.insert(options.end(), {"--json", file, "--seconds", "0.1", "--tenants", "2"});
    auto const ran = run_program(options);
    BOOST_TEST(ran.exit_code == 0, ran.output);
    std::ifstream stream{file};
    std::string const text{std::istreambuf_iterator<char>{stream}, {}};
    fs::remove(file);
    return json::parse(text);
}

asio::awaitable<void> count_schemas(std::string& count) {
    auto connection = co_await copg::connection::connect(cluster().dsn().c_str());
    auto text = co_await connection.fetch_one<std::string>(
        "select count(*)::text from pg_namespace where nspname like 'copg_bench%'");
    count = std::move(text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_bench)

BOOST_AUTO_TEST_CASE(each_row_of_the_json_file_holds_what_programs_read) {
    auto const whole = run_to_json(
        {"--dsn", cluster().dsn(), "--mode", "tenant", "--coroutines", "3", "--connections", "2"});
    BOOST_TEST(!whole.at("versions").at("postgresql").as_string().empty());
    auto const& rows = whole.at("rows").as_array();
    BOOST_TEST_REQUIRE(rows.size() == 1u);
    auto const& row = rows[0].as_object();
    BOOST_TEST(row.at("name").as_string() == "tenant-3");
    BOOST_TEST(row.at("library").as_string() == "copg");
    BOOST_TEST(row.at("mode").as_string() == "tenant");
    BOOST_TEST(row.at("transport").as_string() == "unix");
    BOOST_TEST(row.at("connections").to_number<int>() == 2);
    BOOST_TEST(row.at("coroutines").to_number<int>() == 3);
    BOOST_TEST(row.at("tenants").to_number<int>() == 2);
    BOOST_TEST(row.at("errors").to_number<int>() == 0);
    BOOST_TEST(row.at("connections_opened").to_number<int>() == 2);
    BOOST_TEST(row.at("operations_per_second").to_number<double>() > 0);
    BOOST_TEST(row.at("client_cpu_us_per_operation").to_number<double>() > 0);
    for (auto const* what : {"acquire_us", "operation_us"}) {
        auto previous = 0.0;
        for (auto const* share : {"p50", "p90", "p99", "p999", "max"}) {
            auto const value = row.at(what).at(share).to_number<double>();
            BOOST_TEST(value >= previous);
            previous = value;
        }
    }
}

BOOST_AUTO_TEST_CASE(a_tenant_operation_is_one_round_trip) {
    auto const whole =
        run_to_json({"--dsn", cluster().dsn(), "--mode", "tenant", "--coroutines", "1"});
    auto const& row = whole.at("rows").at(0);
    auto const operations = row.at("operations").to_number<std::int64_t>();
    auto const trips = row.at("round_trips").to_number<std::int64_t>();
    BOOST_TEST(operations > 0);
    BOOST_TEST(std::abs(trips - operations) <= 1); // one may be under way at either end
}

BOOST_AUTO_TEST_CASE(an_open_loop_keeps_its_rate) {
    auto const whole =
        run_to_json({"--dsn", cluster().tcp_dsn(), "--mode", "plain", "--rate", "1000"});
    auto const& row = whole.at("rows").at(0);
    BOOST_TEST(row.at("loop").as_string() == "open");
    BOOST_TEST(row.at("transport").as_string() == "tcp");
    BOOST_TEST(row.at("operations").to_number<int>() > 0);
}

BOOST_AUTO_TEST_CASE(its_schemas_are_gone_afterwards) {
    run_to_json({"--dsn", cluster().dsn(), "--mode", "acquire", "--coroutines", "1"});
    std::string left;
    run(count_schemas(left));
    BOOST_TEST(left == "0");
}

BOOST_AUTO_TEST_CASE(an_outage_is_measured_from_the_stop_to_the_recovery) {
    auto const whole = run_to_json({"--outage", "0.3", "--coroutines", "8", "--connections", "2"});
    BOOST_TEST(whole.at("rows").as_array().empty());
    auto const& outage = whole.at("outage").as_object();
    BOOST_TEST(outage.at("coroutines").to_number<int>() == 8);
    BOOST_TEST(outage.at("connections").to_number<int>() == 2);
    BOOST_TEST(outage.at("down_seconds").to_number<double>() >= 0.3);
    BOOST_TEST(outage.at("operations_per_second_before").to_number<double>() > 0);
    BOOST_TEST(outage.at("connects_failed").to_number<int>() >= 1);
    BOOST_TEST(outage.at("first_success_ms").to_number<double>() >= 0);
    auto const& recovered = outage.at("recovered_ms"); // null on a machine that is busy elsewhere
    if (recovered.is_number())
        BOOST_TEST(recovered.to_number<double>() >= 0);
    std::int64_t errors = 0;
    for (auto const& [code, count] : outage.at("errors").as_object()) {
        BOOST_TEST(!code.empty());
        errors += count.to_number<std::int64_t>();
    }
    BOOST_TEST(errors <= 8); // each operation that was under way, once; the others wait
}

BOOST_AUTO_TEST_CASE(bad_options_are_named_and_answered_with_the_usage) {
    for (auto const& options :
         std::vector<std::vector<std::string>>{{"--mode", "nonsense"},
                                               {"--connections", "0"},
                                               {"--coroutines", "many"},
                                               {"--nonsense"},
                                               {"--rate", "5", "--coroutines", "3"},
                                               {"--outage", "1", "--dsn", "host=h"}}) {
        std::vector<std::string> command{COPG_BENCH};
        command.insert(command.end(), options.begin(), options.end());
        auto const ran = run_program(command);
        BOOST_TEST(ran.exit_code != 0);
        BOOST_TEST(ran.output.find(options[0]) != std::string::npos, ran.output);
        BOOST_TEST(ran.output.find("Usage: copg-bench") != std::string::npos, ran.output);
    }
}

BOOST_AUTO_TEST_CASE(an_unreachable_server_is_an_error_that_says_so) {
    auto const ran = run_program({COPG_BENCH, "--dsn", "host=127.0.0.1 port=1 user=app"});
    BOOST_TEST(ran.exit_code == 1);
    BOOST_TEST(ran.output.find("refused") != std::string::npos, ran.output);
}

BOOST_AUTO_TEST_SUITE_END()
