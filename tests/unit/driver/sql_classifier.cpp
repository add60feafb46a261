// SPDX-License-Identifier: BSL-1.0
#include "driver/sql_classifier.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <tuple>

using copg::detail::classify;
using copg::detail::statement_kind;

namespace {

struct row {
    char const* sql;
    statement_kind kind;
    friend std::ostream& operator<<(std::ostream& out, row const& r) { return out << r.sql; }
};

row const rows[] = {
    {"select 1", statement_kind::ordinary},
    {"  -- begin\n select 1", statement_kind::ordinary},
    {"/* begin /* nested */ */ select 1", statement_kind::ordinary},
    {"\"begin\"", statement_kind::ordinary},
    {"beginning", statement_kind::ordinary},
    {"start_something", statement_kind::ordinary},
    {"begin", statement_kind::begin},
    {"BEGIN ISOLATION LEVEL SERIALIZABLE", statement_kind::begin},
    {"/* trace 1 */ Begin;", statement_kind::begin},
    {"start /* x */ transaction read only", statement_kind::begin},
    {"commit", statement_kind::commit},
    {"end;", statement_kind::commit},
    {"commit and chain", statement_kind::commit},
    {"rollback", statement_kind::rollback},
    {"abort", statement_kind::rollback},
    {"prepare transaction 'x'", statement_kind::commit},
    {"prepare x as select 1", statement_kind::ordinary},
    {"rollback to savepoint s", statement_kind::transaction_point},
    {"ROLLBACK WORK TO s", statement_kind::transaction_point},
    {"savepoint s", statement_kind::transaction_point},
    {"release s", statement_kind::transaction_point},
    {"call p()", statement_kind::procedure},
    {"do $$begin commit; end$$", statement_kind::procedure},
    {";; call p()", statement_kind::procedure},
    {"copy t from stdin", statement_kind::copy_stream},
    {"copy (select 1) to STDOUT", statement_kind::copy_stream},
    {"copy t to '/tmp/stdout'", statement_kind::ordinary},
    {"", statement_kind::empty},
    {" ; -- nothing", statement_kind::empty},
    {"/* open", statement_kind::empty},
    {"-- note\rselect 1", statement_kind::ordinary},
    {"--\rcommit--\nwork", statement_kind::commit},
    {"; begin", statement_kind::begin},
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_sql_classifier)

BOOST_DATA_TEST_CASE(a_statement_is_known_by_its_leading_words, rows) {
    BOOST_TEST((classify(sample.sql) == sample.kind));
}

BOOST_AUTO_TEST_SUITE_END()
