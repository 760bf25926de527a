// SPDX-License-Identifier: BSL-1.0
//
// promise of <future>: gives its future a value or an error, from any task or thread.
#pragma once

#include <weft/green/future.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft::green {

// std::promise. Nothing here blocks. What gives a value or an error throws std::future_error:
// promise_already_satisfied the second time, no_state when moved from; those with at_thread_exit
// let the future have it when the calling task or thread has ended. Destroyed before: the future
// gets broken_promise.
template <class R>
class promise {
    using state_type = detail::shared_result<R>;
    static constexpr bool is_object = !std::is_reference_v<R> && !std::is_void_v<R>;
    struct nothing {};
    using object = std::conditional_t<is_object, R, nothing>;
    using referent = std::conditional_t<std::is_reference_v<R>, R, nothing&>;

  public:
    promise() : state_(std::make_shared<state_type>()) {}
    template <class Allocator>
    promise(std::allocator_arg_t, const Allocator& a)
        : state_(std::allocate_shared<state_type>(a)) {}
    promise(promise&&) noexcept = default;
    promise& operator=(promise&& other) noexcept {
        promise(std::move(other)).swap(*this);
        return *this;
    }
    ~promise() {
        if (state_ != nullptr) {
            state_->abandon();
        }
    }

    void swap(promise& other) noexcept { state_.swap(other.state_); }
    friend void swap(promise& a, promise& b) noexcept { a.swap(b); }

    // std::future_error: future_already_retrieved the second time, no_state when moved from.
    future<R> get_future() {
        detail::require_state(state_).retrieve();
        return make_future<R>(state_);
    }

    void set_value(const object& value) requires is_object {
        provide([&] { state_->set_value(value); });
    }
    void set_value(object&& value) requires is_object {
        provide([&] { state_->set_value(std::move(value)); });
    }
    void set_value(referent value) requires std::is_reference_v<R> {
        provide([&] { state_->set_value(value); });
    }
    void set_value() requires std::is_void_v<R> {
        provide([] {});
    }
    void set_exception(std::exception_ptr error) {
        provide([&] { state_->set_error(std::move(error)); });
    }

    void set_value_at_thread_exit(const object& value) requires is_object {
        provide_at_end([&] { state_->set_value(value); });
    }
    void set_value_at_thread_exit(object&& value) requires is_object {
        provide_at_end([&] { state_->set_value(std::move(value)); });
    }
    void set_value_at_thread_exit(referent value) requires std::is_reference_v<R> {
        provide_at_end([&] { state_->set_value(value); });
    }
    void set_value_at_thread_exit() requires std::is_void_v<R> {
        provide_at_end([] {});
    }
    void set_exception_at_thread_exit(std::exception_ptr error) {
        provide_at_end([&] { state_->set_error(std::move(error)); });
    }

  private:
    template <class Set>
    void claim_and(Set set) {
        detail::require_state(state_).claim();
        try {
            set();
        } catch (...) {
            state_->withdraw();
            throw;
        }
    }
    template <class Set>
    void provide(Set set) {
        claim_and(set);
        // The future may see the value, and end this promise's life, before publish() returns.
        const auto kept = state_;
        kept->publish();
    }
    template <class Set>
    void provide_at_end(Set set) {
        claim_and(set);
        detail::shared_outcome::publish_at_end(state_);
    }

    std::shared_ptr<state_type> state_;
};

} // namespace weft::green

template <class R, class Allocator>
struct std::uses_allocator<weft::green::promise<R>, Allocator> : std::true_type {};
