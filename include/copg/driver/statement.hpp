// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/codec.hpp>
#include <copg/driver/sql.hpp>

#include <boost/container/small_vector.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace copg {

/// One SQL statement with its parameters `$1`, `$2` …, encoded and self-contained.
class COPG_API statement {
public:
    /// @param text        one statement, without a NUL
    /// @param parameters  values of any encodable type, optionals of it, or std::nullopt for NULL
    /// @throws error errc::value_out_of_range when PostgreSQL cannot hold a value
    template <class... Parameters>
    explicit statement(copg::sql const& text, Parameters const&... parameters)
        : sql_{text.text()}, where_{text.where()}, timeout_{text.timeout()} {
        check_text();
        (add(parameters), ...);
    }

    std::string const& sql() const noexcept { return sql_; }
    /// Where in the program it was made.
    std::source_location const& where() const noexcept { return where_; }
    /// Its own time limit, if it has one; 0: no limit.
    std::optional<std::chrono::milliseconds> timeout() const noexcept { return timeout_; }

    std::size_t parameter_count() const noexcept { return parameters_.size(); }

    /// Where the encoded value of a parameter starts; it ends with a NUL. Null for NULL.
    char const* value(std::size_t index) const noexcept;
    int length(std::size_t index) const noexcept { return parameters_[index].length; }
    bool is_binary(std::size_t index) const noexcept { return parameters_[index].binary; }
    oid type(std::size_t index) const noexcept { return parameters_[index].type; }

private:
    struct parameter {
        oid type;
        bool binary;
        bool null;
        int length;
        std::size_t offset;
    };

    template <class T>
    void add(T const& value) {
        static_assert(encodable<T>, "specialise copg::codec for this parameter type");
        auto const start = data_.size();
        codec<T>::encode(value, data_);
        finish(codec<T>::parameter_type, codec<T>::binary, start);
    }

    template <class T>
    void add(std::optional<T> const& value) {
        if (value)
            add(*value);
        else
            add_null(codec<T>::parameter_type);
    }

    void add(std::nullopt_t) { add_null(oid::unspecified); }

    void check_text() const;
    void add_null(oid type);
    void finish(oid type, bool binary, std::size_t start);

    std::string sql_;
    std::source_location where_;
    std::optional<std::chrono::milliseconds> timeout_;
    std::string data_;
    boost::container::small_vector<parameter, 6> parameters_;
};

} // namespace copg
