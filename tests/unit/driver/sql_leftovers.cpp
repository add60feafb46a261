// SPDX-License-Identifier: BSL-1.0
#include "driver/sql_leftovers.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

using copg::detail::aftermath_of;
using copg::detail::aftermath_of_script;
using copg::detail::leftovers;

namespace {

struct row {
    char const* sql;
    leftovers leaves;
    bool alters = false;
    friend std::ostream& operator<<(std::ostream& out, row const& r) { return out << r.sql; }
};

row const rows[] = {
    {"select 1", leftovers::none},
    {"insert into t values (1) on conflict do nothing", leftovers::none},
    {"update t set a = 1", leftovers::none},
    {"delete from settings", leftovers::none},
    {"with x as (select 1) select * from x", leftovers::none},
    {"select temperature, attempt, template, temp_max from template1", leftovers::none},
    {"select pg_advisory_xact_lock(1)", leftovers::none},
    {"explain analyze select 1", leftovers::none},
    {"set transaction isolation level serializable", leftovers::none},
    {"prepare transaction 'x'", leftovers::none},
    {"begin", leftovers::none},
    {"select a & b, u&b from t", leftovers::none},
    {"", leftovers::none},
    {";", leftovers::none},

    {"listen c", leftovers::session},
    {"/**/ LISTEN c", leftovers::session},
    {"unlisten *", leftovers::session},
    {"declare c cursor with hold for select 1", leftovers::session},
    {"load 'auto_explain'", leftovers::session},
    {"select pg_advisory_lock(1)", leftovers::session},
    {"select * from pg_try_advisory_lock_shared(1, 2)", leftovers::session},
    {"copy (select pg_advisory_lock(1)) to stdout", leftovers::session},
    {"with l as (select PG_ADVISORY_LOCK(1)) select * from l", leftovers::session},

    {"set search_path = x", leftovers::session, true},
    {"; set a = b", leftovers::session, true},
    {"-- c\rset a = b", leftovers::session, true},
    {"set/**/a = b", leftovers::session, true},
    {"set local timezone = 'x'", leftovers::session, true}, // until the end of the transaction
    {"set session characteristics as transaction read only", leftovers::session, true},
    {"set session authorization x", leftovers::session, true},
    {"reset all", leftovers::session, true},
    {"select set_config('a.b', 'c', false)", leftovers::session, true},
    {"select pg_catalog.\"set_config\"('a.b', 'c', false)", leftovers::session, true},
    {"select U&\"set\\005fconfig\"('a.b', 'c', false)", leftovers::session, true},
    {"with s as (select SET_CONFIG('a', 'b', false)) table s", leftovers::session, true},
    {"explain analyze select set_config('a.b', 'c', false)", leftovers::session, true},
    {"values (set_config('a.b', 'c', false))", leftovers::session, true},
    {"copy (select set_config('a.b', 'c', false)) to stdout", leftovers::session, true},
    {"update pg_settings set setting = 'x' where name = 'y'", leftovers::session, true},
    {"create temp table t (i int)", leftovers::session, true},
    {"create local temporary view v as select 1", leftovers::session, true},
    {"create or replace temp view v as select 1", leftovers::session, true},
    {"explain analyze create temp table t as select 1", leftovers::session, true},
    {"select 1 into TEMP t", leftovers::session, true},
    {"select 1 into temporary t", leftovers::session, true},
    {"select 1 into temp\"t\"", leftovers::session, true},
    {"select 1 into pg_temp.t", leftovers::session, true},
    {"select 1 into pg_temp_3.t", leftovers::session, true},
    {"select 1 into \"pg_temp\".t", leftovers::session, true},

    {"prepare p as select 1", leftovers::anything},
    {"execute p", leftovers::anything},
    {"explain (analyze) execute p", leftovers::anything},
    {"deallocate p", leftovers::anything},
    {"discard sequences", leftovers::anything},
    {"call p()", leftovers::anything},
    {"do $$begin end$$", leftovers::anything},
    {"create function f() returns int return 1", leftovers::anything},
    {"create table t as execute p", leftovers::anything},
    {"create table pg_temp.t (i int)", leftovers::anything, true},
    {"prepare p as select set_config('a.b', $1, false)", leftovers::anything, true},
    {"do $$begin execute 'set a.b = c'; end$$", leftovers::anything, true},
};

row const scripts[] = {
    {"insert into t values (1); delete from u", leftovers::none},
    {"listen c; select 1", leftovers::session},
    {"select 1; set a = b", leftovers::session, true},
    {"select $$--$$; set a = b", leftovers::session, true},
    {"select E'\\''; set a = b; select 'x'", leftovers::session, true},
    {"update t set a = 1", leftovers::session, true}, // not worth telling apart
    {"select set_config('a.b', 'c', false); select 1", leftovers::session, true},
    {"select 1;PREPARE p as select 1", leftovers::anything},
    {"select '/*'; deallocate all; select '*/'", leftovers::anything},
    {"create table t (i int)", leftovers::anything},
    {"set a = b; call p()", leftovers::anything, true},
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_sql_leftovers)

BOOST_DATA_TEST_CASE(the_text_of_a_statement_tells_what_it_can_leave_behind, rows) {
    auto const after = aftermath_of(sample.sql);
    BOOST_TEST((after.leaves == sample.leaves));
    BOOST_TEST(after.alters == sample.alters);
}

BOOST_DATA_TEST_CASE(what_a_script_leaves_behind_is_seen_wherever_it_stands, scripts) {
    auto const after = aftermath_of_script(sample.sql);
    BOOST_TEST((after.leaves == sample.leaves));
    BOOST_TEST(after.alters == sample.alters);
}

BOOST_AUTO_TEST_SUITE_END()
