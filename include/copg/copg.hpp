// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Everything but copg::testing and the types of other libraries (driver/types/json.hpp,
/// driver/types/decimal.hpp).
#include <copg/base/context_executor.hpp>
#include <copg/base/duration.hpp>
#include <copg/base/error.hpp>
#include <copg/base/identifier.hpp>
#include <copg/base/observer.hpp>
#include <copg/base/sql_error.hpp>
#include <copg/base/sqlstate.hpp>
#include <copg/base/with_deadline.hpp>
#include <copg/base/with_retry.hpp>
#include <copg/driver/codec.hpp>
#include <copg/driver/connect_options.hpp>
#include <copg/driver/connection.hpp>
#include <copg/driver/dsn.hpp>
#include <copg/driver/dsn_builder.hpp>
#include <copg/driver/notification_listener.hpp>
#include <copg/driver/row_view.hpp>
#include <copg/driver/session.hpp>
#include <copg/manager/balanced.hpp>
#include <copg/manager/health_state.hpp>
#include <copg/manager/manager.hpp>
#include <copg/manager/monitor.hpp>
#include <copg/manager/pool_health.hpp>
#include <copg/manager/pool_parameters.hpp>
#include <copg/manager/reconnect.hpp>
#include <copg/manager/replica_set.hpp>
#include <copg/pool/pool.hpp>
#include <copg/scope/database.hpp>
#include <copg/scope/transaction.hpp>
