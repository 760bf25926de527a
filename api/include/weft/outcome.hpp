// SPDX-License-Identifier: BSL-1.0
//
// How something ended: with a value or with an error, as an object to look at instead of a throw.
// What gather(return_exceptions, ...) gives for each of its arguments.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/errors.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft {

// Either a T or an exception; never blocks. A cancelled task is an outcome whose error is
// `cancelled`. T may be void or an lvalue reference.
template <class T>
class outcome {
    using stored = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*,
                                      std::remove_cv_t<T>>;

  public:
    explicit outcome(std::exception_ptr error) noexcept : error_(std::move(error)) {}
    explicit outcome(T value) : value_(keep(std::forward<T>(value))) {}

    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }

    // The value; rethrows the error when there is none.
    decltype(auto) value() & {
        require();
        return **this;
    }
    decltype(auto) value() const& {
        require();
        return **this;
    }
    T value() && {
        require();
        if constexpr (std::is_reference_v<T>) {
            return **value_;
        } else {
            return std::move(*value_);
        }
    }

    // The value, which must be there.
    auto operator*() noexcept -> std::add_lvalue_reference_t<T> {
        if constexpr (std::is_reference_v<T>) {
            return **value_;
        } else {
            return *value_;
        }
    }
    auto operator*() const noexcept -> std::add_lvalue_reference_t<const T> {
        if constexpr (std::is_reference_v<T>) {
            return **value_;
        } else {
            return *value_;
        }
    }
    auto operator->() noexcept { return std::addressof(**this); }
    auto operator->() const noexcept { return std::addressof(**this); }

    // The error; null when there is a value.
    const std::exception_ptr& error() const noexcept { return error_; }

  private:
    static stored keep(T&& value) {
        if constexpr (std::is_reference_v<T>) {
            return std::addressof(value);
        } else {
            return std::move(value);
        }
    }
    void require() const {
        if (!has_value()) {
            std::rethrow_exception(error_);
        }
    }

    std::optional<stored> value_;
    std::exception_ptr error_;
};

template <class T>
requires std::is_void_v<T>
class outcome<T> {
  public:
    outcome() noexcept = default;
    explicit outcome(std::exception_ptr error) noexcept : error_(std::move(error)) {}

    bool has_value() const noexcept { return error_ == nullptr; }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const {
        if (error_ != nullptr) {
            std::rethrow_exception(error_);
        }
    }
    void operator*() const noexcept {}
    const std::exception_ptr& error() const noexcept { return error_; }

  private:
    std::exception_ptr error_;
};

// Given as the first argument of gather(): errors are returned as outcomes, not thrown.
struct return_exceptions_t {
    explicit return_exceptions_t() = default;
};
inline constexpr return_exceptions_t return_exceptions{};

} // namespace weft
