// SPDX-License-Identifier: BSL-1.0
//
// The shared state of the green futures: a value or an error that comes once, and those who wait
// for it, tasks of any loop and plain threads. Not for use by programs.
//
//   pending -> claimed -> ready     a provider makes the value, then publishes it
//   deferred -> claimed -> ready    whoever waits first makes it
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/export.hpp>
#include <weft/errors.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace weft::detail {

class WEFT_API shared_outcome {
  public:
    shared_outcome() noexcept = default;
    virtual ~shared_outcome();
    shared_outcome(const shared_outcome&) = delete;
    shared_outcome& operator=(const shared_outcome&) = delete;

    // --- providers ---

    // std::future_error, future_already_retrieved, from the second time on.
    void retrieve();
    // From here to publish() or withdraw() only the caller writes the outcome.
    // std::future_error, promise_already_satisfied.
    void claim();
    void withdraw() noexcept { state_.store(pending, std::memory_order_release); }
    bool is_pending() const noexcept { return state_.load(std::memory_order_relaxed) == pending; }
    void set_error(std::exception_ptr error) noexcept { error_ = std::move(error); }
    void publish() noexcept;
    // When the calling task or thread has ended.
    static void publish_at_end(std::shared_ptr<shared_outcome> self);
    // The provider is gone: std::future_error, broken_promise, unless there is an outcome.
    void abandon() noexcept;

    // --- those who wait ---

    bool is_ready() const noexcept { return state_.load(std::memory_order_acquire) == ready; }
    // Throws cancelled and not_in_task.
    void wait(const char* call) { wait_until(call, clock::time_point::max()); }
    std::future_status wait_until(const char* call, clock::time_point deadline);
    void throw_error() const {
        if (error_ != nullptr) {
            std::rethrow_exception(error_);
        }
    }

  protected:
    // Before it is shared: run_deferred() is called by the first who waits.
    void defer() noexcept { state_.store(deferred, std::memory_order_relaxed); }

  private:
    // Sets the outcome; false when that is a cancel of the caller.
    virtual bool run_deferred();

    enum state : unsigned { pending, deferred, claimed, ready };
    std::atomic<unsigned> state_ = pending;
    std::atomic<bool> retrieved_ = false;
    std::exception_ptr error_;
};

// A value of any kind: of a reference its address, of void nothing.
template <class R>
class shared_result : public shared_outcome {
  public:
    using value_type =
        std::conditional_t<std::is_void_v<R>, std::monostate,
                           std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*,
                                              std::remove_cv_t<R>>>;

    template <class... Args>
    void set_value(Args&&... args) {
        if constexpr (std::is_reference_v<R>) {
            value_ = std::addressof(args...);
        } else if constexpr (!std::is_void_v<R>) {
            value_.emplace(std::forward<Args>(args)...);
        }
    }

    // What f(args...) returns or throws. False when that was `cancelled`: the error is then the
    // caller's, too, who was meant.
    template <class F, class... Args>
    [[nodiscard]] bool set_outcome_of(F&& f, Args&&... args) {
        try {
            if constexpr (std::is_void_v<R>) {
                std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
            } else {
                set_value(std::invoke(std::forward<F>(f), std::forward<Args>(args)...));
            }
        } catch (const cancelled&) {
            set_error(std::current_exception());
            return false;
        } catch (...) {
            set_error(std::current_exception());
        }
        return true;
    }

    // Ready and without an error.
    R take() {
        if constexpr (std::is_reference_v<R>) {
            return **value_;
        } else if constexpr (!std::is_void_v<R>) {
            return std::move(*value_);
        }
    }
    auto view() const
        -> std::conditional_t<std::is_void_v<R>, void, std::add_lvalue_reference_t<const R>> {
        if constexpr (std::is_reference_v<R>) {
            return **value_;
        } else if constexpr (!std::is_void_v<R>) {
            return *value_;
        }
    }

  private:
    std::optional<value_type> value_;
};

// For moved-from handles: std::future_error, no_state.
[[noreturn]] WEFT_API void throw_no_state();

template <class R>
shared_result<R>& require_state(const std::shared_ptr<shared_result<R>>& state) {
    if (state == nullptr) {
        throw_no_state();
    }
    return *state;
}

} // namespace weft::detail
