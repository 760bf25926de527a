// SPDX-License-Identifier: BSL-1.0
//
// packaged_task of <future>: a function whose outcome goes into a future.
#pragma once

#include <weft/green/future.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

namespace detail {

template <class R, class... Args>
class packaged_result : public shared_result<R> {
  public:
    // False when the function was ended by a cancel.
    virtual bool run(Args... args) = 0;
    // The same function, with another outcome to come.
    virtual std::shared_ptr<packaged_result> renewed() = 0;
};

template <class F, class R, class... Args>
class packaged_function final : public packaged_result<R, Args...> {
  public:
    template <class G>
    explicit packaged_function(std::in_place_t, G&& f) : function_(std::forward<G>(f)) {}
    bool run(Args... args) override {
        return this->set_outcome_of(function_, std::forward<Args>(args)...);
    }
    std::shared_ptr<packaged_result<R, Args...>> renewed() override {
        return std::make_shared<packaged_function>(std::in_place, std::move(function_));
    }

  private:
    F function_;
};

template <class Function>
struct signature;
template <class S>
struct signature<std::function<S>> {
    using type = S;
};
template <class Function>
using signature_of = typename signature<Function>::type;

} // namespace detail

namespace green {

template <class Signature>
class packaged_task;

// std::packaged_task. When the function is ended by a cancel of the task that runs it, `cancelled`
// goes into the future and comes out of the call, too.
template <class R, class... Args>
class packaged_task<R(Args...)> {
  public:
    packaged_task() noexcept = default;
    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, packaged_task> &&
             std::is_invocable_r_v<R, std::decay_t<F>&, Args...>) explicit packaged_task(F&& f)
        : state_(std::make_shared<detail::packaged_function<std::decay_t<F>, R, Args...>>(
              std::in_place, std::forward<F>(f))) {}
    packaged_task(packaged_task&&) noexcept = default;
    packaged_task& operator=(packaged_task&& other) noexcept {
        packaged_task(std::move(other)).swap(*this);
        return *this;
    }
    // The future of one that was not called gets broken_promise.
    ~packaged_task() {
        if (state_ != nullptr) {
            state_->abandon();
        }
    }

    void swap(packaged_task& other) noexcept { state_.swap(other.state_); }
    friend void swap(packaged_task& a, packaged_task& b) noexcept { a.swap(b); }

    bool valid() const noexcept { return state_ != nullptr; }

    // std::future_error: future_already_retrieved the second time, no_state when not valid().
    future<R> get_future() {
        require_state().retrieve();
        return make_future<R>(state_);
    }

    // Calls the function and gives its outcome to the future. std::future_error:
    // promise_already_satisfied the second time, no_state when not valid().
    void operator()(Args... args) {
        const auto state = run(std::forward<Args>(args)...);
        state.first->publish();
        throw_own_cancel(state);
    }
    // The same; the future has it when the calling task or thread has ended.
    void make_ready_at_thread_exit(Args... args) {
        const auto state = run(std::forward<Args>(args)...);
        detail::shared_outcome::publish_at_end(state.first);
        throw_own_cancel(state);
    }

    // Makes it as new, for another future. std::future_error, no_state, when not valid().
    void reset() {
        auto renewed = require_state().renewed();
        state_->abandon();
        state_ = std::move(renewed);
    }

  private:
    using state_type = detail::packaged_result<R, Args...>;
    using outcome = std::pair<std::shared_ptr<state_type>, bool>;

    state_type& require_state() const {
        if (state_ == nullptr) {
            detail::throw_no_state();
        }
        return *state_;
    }
    // The state is kept: the function may end this object's life.
    outcome run(Args... args) {
        require_state().claim();
        auto state = state_;
        const bool uncancelled = state->run(std::forward<Args>(args)...);
        return {std::move(state), uncancelled};
    }
    static void throw_own_cancel(const outcome& o) {
        if (!o.second) {
            o.first->throw_error();
        }
    }

    std::shared_ptr<state_type> state_;
};

template <class R, class... Args>
packaged_task(R (*)(Args...)) -> packaged_task<R(Args...)>;
template <class F>
packaged_task(F) -> packaged_task<detail::signature_of<decltype(std::function(std::declval<F>()))>>;

} // namespace green
} // namespace weft
