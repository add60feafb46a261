// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/dsn.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using copg::dsn;

namespace {

char const* const spellings[] = {
    "postgresql://app:s3cret@db.example/main",
    "postgres://app:s3cret@db.example:5432/main",
    "postgres://app@db.example/main?password=s3cret",
    "postgres://%61pp:s3cret@db.example/main?sslmode=prefer",
    "host=db.example user=app dbname=main password=s3cret",
    "dbname='main' user=app host=db.example port=5432 password='s3cret'",
    "user=other user=app host=db.example dbname=main password=s3cret",
};

// Each holds "s3cret" or a part of it where a careless message would quote it.
char const* const malformed[] = {
    "postgres://app:s3cret%zz@db.example/main",
    "postgres://app:s3cret@db.example:nonsense:1/main?a",
    "host=db.example password=my s3cret user=app",
    "host=db.example password='s3cret user=app",
    "postgres://app@db.example/main?s3cret=1",
    "nonsense s3cret",
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_dsn)

BOOST_DATA_TEST_CASE(all_spellings_of_one_target_are_equal, spellings) {
    dsn const parsed{sample};
    BOOST_TEST((parsed == dsn{spellings[0]}));
    BOOST_TEST(parsed.canonical_key() == dsn{spellings[0]}.canonical_key());
}

BOOST_AUTO_TEST_CASE(different_targets_differ) {
    dsn const target{spellings[0]};
    for (auto const* other : {"postgresql://app:s3cret@db.example:5433/main",
                              "postgresql://app:s3cret@db.example/other",
                              "postgresql://else:s3cret@db.example/main",
                              "postgresql://app:s3cret@db2.example/main",
                              "postgresql://app:changed@db.example/main",
                              "postgresql://app:s3cret@db.example/main?sslmode=require"})
        BOOST_TEST(!(dsn{other} == target), other);
}

BOOST_AUTO_TEST_CASE(the_database_is_the_users_when_none_is_written) {
    BOOST_TEST((dsn{"host=h user=app"} == dsn{"host=h user=app dbname=app"}));
}

BOOST_AUTO_TEST_CASE(no_default_hides_what_a_service_stands_for) {
    dsn const named{"service=main sslmode=require"};
    std::map<std::string, std::string> const expected{{"service", "main"}, {"sslmode", "require"}};
    BOOST_TEST((named.parameters() == expected));
}

BOOST_AUTO_TEST_CASE(ssl_true_means_require) {
    BOOST_TEST((dsn{"postgres://app@h/d?ssl=true"} == dsn{"postgres://app@h/d?sslmode=require"}));
}

BOOST_DATA_TEST_CASE(a_malformed_text_is_an_error_that_does_not_quote_it, malformed) {
    BOOST_CHECK_EXCEPTION(dsn{sample}, copg::error, [](copg::error const& e) {
        BOOST_TEST_MESSAGE(e.what());
        std::string const message = e.what();
        return e.code() == copg::errc::invalid_dsn && message.find("s3cret") == message.npos &&
               message.find("zz") == message.npos;
    });
}

BOOST_AUTO_TEST_CASE(an_error_tells_the_place) {
    BOOST_CHECK_EXCEPTION(dsn{"host=h nonsense=1"}, copg::error, [](copg::error const& e) {
        return std::string{e.what()}.find("at character 8") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(an_at_sign_in_the_host_is_refused_with_a_hint) {
    BOOST_CHECK_EXCEPTION(
        dsn{"postgres://app:p@ss@db.example/main"}, copg::error, [](copg::error const& e) {
            std::string const message = e.what();
            return e.code() == copg::errc::invalid_dsn && message.find("%40") != message.npos &&
                   message.find("ss@") == message.npos;
        });
}

BOOST_AUTO_TEST_CASE(the_printable_form_has_no_secret) {
    auto const text = dsn{"postgres://app:s3cret@db.example/main"}.redacted();
    BOOST_TEST(text.find("s3cret") == text.npos);
    BOOST_TEST(text.find("password=***") != text.npos);
    BOOST_TEST(text.find("host='db.example'") != text.npos);
}

BOOST_AUTO_TEST_CASE(an_at_sign_is_welcome_as_the_name_of_an_abstract_socket_only) {
    BOOST_TEST(dsn{"host=@one,@two user=app"}.parameter("host") == "@one,@two");
    BOOST_TEST(dsn{"postgresql://app@%40one/main"}.parameter("host") == "@one");
    for (auto const* text : {"host=a@b user=app", "postgresql://app:secret@@db.example/main"})
        BOOST_CHECK_THROW(dsn{text}, copg::error);
}

BOOST_AUTO_TEST_CASE(a_service_is_left_to_the_time_of_the_connect) {
    dsn const named{"service=shop user=app"};
    BOOST_TEST(named.parameter("service") == "shop");
    BOOST_TEST(named.parameter("user") == "app");
    BOOST_TEST(named.parameter("port").empty()); // the service file may name it
}

BOOST_AUTO_TEST_SUITE_END()
