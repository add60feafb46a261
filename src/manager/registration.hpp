// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/route.hpp"

#include <copg/driver/session.hpp>
#include <copg/manager/database_type.hpp>
#include <copg/manager/target.hpp>
#include <copg/scope/database.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace copg::detail {

/// What few registrations have.
struct registration_details {
    std::map<std::string, std::string> settings;
    std::map<std::string, std::string> tags;
    database_type type = database_type::postgres;
    std::optional<session> bound_to; // of an adopted pool, in the place of all that makes a session

    friend bool operator==(registration_details const&, registration_details const&) = default;
};

/// A tenant or a name and what it leads to; its texts lie behind it in the same allocation, since
/// there can be millions. Immutable but for what the registry keeps in it.
class registration {
public:
    using pointer = boost::intrusive_ptr<registration>;

    /// @param details  may be null
    static pointer make(std::string_view id,
                        std::shared_ptr<route const> leads_to,
                        std::string_view schema,
                        std::string_view role,
                        std::unique_ptr<registration_details const> details);
    registration(registration const&) = delete;
    registration& operator=(registration const&) = delete;

    std::string_view id() const noexcept { return text(0, id_size_); }
    std::string_view schema() const noexcept { return text(id_size_, schema_size_); }
    std::string_view role() const noexcept { return text(id_size_ + schema_size_, role_size_); }
    /// Null for a database that copg does not serve.
    std::shared_ptr<route const> const& leads_to() const noexcept { return route_; }
    registration_details const* details() const noexcept { return details_.get(); }
    database_type type() const noexcept {
        return details_ ? details_->type : database_type::postgres;
    }

    /// Whether both say the same.
    bool same_as(registration const& other) const noexcept;

    /// @throws error errc::not_sql_database, errc::unsupported_database
    void require_postgres() const;

    /// A handle of what it leads to, whose pool is made now if need be.
    database open(scope_key::kind what) const;
    session make_session(scope_key::kind what) const;
    /// What it was made from.
    target make_target() const;

private:
    friend class registry_shard;
    friend void intrusive_ptr_add_ref(registration const* self) noexcept {
        self->references_.fetch_add(1, std::memory_order_relaxed);
    }
    friend void intrusive_ptr_release(registration const* self) noexcept {
        if (self->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            destroy(self);
    }

    registration(std::string_view id,
                 std::shared_ptr<route const> leads_to,
                 std::string_view schema,
                 std::string_view role,
                 std::unique_ptr<registration_details const> details) noexcept;
    ~registration() = default;
    static void destroy(registration const* self) noexcept;
    std::string_view text(std::size_t from, std::size_t size) const noexcept {
        return {reinterpret_cast<char const*>(this + 1) + from, size};
    }

    mutable std::atomic<std::uint32_t> references_{0};
    std::uint32_t const id_size_;
    std::uint32_t const role_size_;
    std::uint32_t const schema_size_;
    std::shared_ptr<route const> const route_;
    std::unique_ptr<registration_details const> const details_;
    std::unique_ptr<database const> warm_; // guarded by the registry_shard
    std::size_t warm_at_ = 0;              // likewise: where the shard lists it
};

} // namespace copg::detail
