// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/codec.hpp>
#include <copg/driver/sql.hpp>

#include <boost/container/small_vector.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace copg {

/// One SQL statement with its parameters `$1`, `$2` …, encoded and self-contained.
class COPG_API statement {
public:
    /// @param text        one statement, without a NUL
    /// @param parameters  values of any encodable type, optionals of it, std::nullopt for NULL, or
    ///                    typed() of these
    /// @throws error errc::value_out_of_range when PostgreSQL cannot hold a value, which includes
    ///         parameters of 1 GiB or more together; errc::type_mismatch as typed() says
    template <class... Parameters>
    explicit statement(copg::sql const& text, Parameters const&... parameters)
        : sql_{text.text()},
          where_{text.where()},
          timeout_{text.timeout()},
          text_results_{text.wants_text()} {
        check_text();
        (add(parameters), ...);
    }

    /// Whether the columns come in text format; see sql::text_results.
    bool wants_text() const noexcept { return text_results_; }

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
        add_as(value, [&] { return detail::type_of(value); });
    }

    template <class T>
    void add(std::optional<T> const& value) {
        if (value)
            add(*value);
        else
            add_null(codec<T>::parameter_type);
    }

    template <class T>
    void add(typed_value<T> const& chosen) {
        using value = detail::value_of<T>;
        if (!detail::sends<value>(chosen.type()))
            throw_wrong_parameter(codec<value>::parameter_type, chosen.type());
        auto const type = [&] { return chosen.type(); };
        if constexpr (!detail::is_nullable<T>)
            add_as(chosen.value(), type);
        else if (chosen.value())
            add_as(*chosen.value(), type);
        else
            add_null(chosen.type());
    }

    void add(typed_value<std::nullopt_t> const& chosen) { add_null(chosen.type()); }
    void add(std::nullopt_t) { add_null(oid::unspecified); }

    template <class T, class Type>
    void add_as(T const& value, Type type) {
        static_assert(!std::is_enum_v<T> || encodable<T>,
                      "describe this enum with BOOST_DESCRIBE_ENUM, or specialise copg::codec");
        static_assert(encodable<T>, "specialise copg::codec for this parameter type");
        auto const start = data_.size();
        codec<T>::encode(value, data_);
        finish(type(), codec<T>::binary, start);
    }

    void check_text() const;
    void add_null(oid type);
    [[noreturn]] static void throw_wrong_parameter(oid own, oid chosen);
    void finish(oid type, bool binary, std::size_t start);

    std::string sql_;
    std::source_location where_;
    std::optional<std::chrono::milliseconds> timeout_;
    bool text_results_ = false;
    std::string data_;
    boost::container::small_vector<parameter, 6> parameters_;
};

} // namespace copg
