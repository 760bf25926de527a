// SPDX-License-Identifier: BSL-1.0
//
// The futures of <future>, between tasks of any loop and plain threads. What provides their values
// is in promise.hpp, packaged_task.hpp and async.hpp; weft::future is another thing, for callbacks.
#pragma once

#include <weft/detail/caller.hpp>
#include <weft/detail/shared_outcome.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace weft::green {

using std::future_category;
using std::future_errc;
using std::future_error;
using std::future_status;
using std::launch;

template <class R>
class future;
template <class R>
class shared_future;

// For what provides values.
template <class R>
future<R> make_future(std::shared_ptr<detail::shared_result<R>> state);

// What both kinds have in common. wait blocks until there is a value or an error. wait_for and
// wait_until block at most that long; a time that has passed costs one turn, so that asking again
// and again lets the others run. Cancellable, for a task. Throw cancelled; std::future_error
// (no_state) on a handle that is not valid(); not_in_task when they would block in a callback;
// std::invalid_argument for a floating NaN.
template <class R>
class basic_future {
  public:
    bool valid() const noexcept { return state_ != nullptr; }

    void wait() const { detail::require_state(state_).wait("weft::green::future::wait"); }
    template <class Rep, class Period>
    future_status wait_for(const std::chrono::duration<Rep, Period>& d) const {
        const char* call = "weft::green::future::wait_for";
        return detail::require_state(state_).wait_until(call, detail::caller_deadline(d, call));
    }
    template <class Clock, class Duration>
    future_status wait_until(const std::chrono::time_point<Clock, Duration>& when) const {
        const char* call = "weft::green::future::wait_until";
        return detail::require_state(state_).wait_until(call, detail::caller_deadline(when, call));
    }

  protected:
    using state_pointer = std::shared_ptr<detail::shared_result<R>>;

    basic_future() noexcept = default;
    explicit basic_future(state_pointer state) noexcept : state_(std::move(state)) {}

    // Waits for the value; what get() then looks at.
    detail::shared_result<R>& value_of_get() const {
        detail::shared_result<R>& state = detail::require_state(state_);
        state.wait("weft::green::future::get");
        return state;
    }

    state_pointer state_;
};

// std::future. That of async() waits for its thread in the destructor, and keeps cancels meanwhile.
template <class R>
class future : public basic_future<R> {
  public:
    future() noexcept = default;
    future(future&&) noexcept = default;
    future& operator=(future&&) noexcept = default;

    // Blocks as wait(), then returns the value, moved out, or throws the error; once, afterwards
    // the handle is not valid(). A get() that is cancelled leaves it as it was.
    R get() {
        this->value_of_get();
        const auto state = std::move(this->state_);
        state->throw_error();
        return state->take();
    }

    shared_future<R> share() noexcept { return shared_future<R>(std::move(*this)); }

  private:
    template <class Result>
    friend future<Result> make_future(std::shared_ptr<detail::shared_result<Result>> state);
    friend class shared_future<R>;
    explicit future(typename basic_future<R>::state_pointer state) noexcept
        : basic_future<R>(std::move(state)) {}
};

template <class R>
future<R> make_future(std::shared_ptr<detail::shared_result<R>> state) {
    return future<R>(std::move(state));
}

// std::shared_future. Copies may be used by several tasks and threads at once.
template <class R>
class shared_future : public basic_future<R> {
  public:
    shared_future() noexcept = default;
    shared_future(const shared_future&) noexcept = default;
    shared_future(shared_future&&) noexcept = default;
    // NOLINTNEXTLINE(google-explicit-constructor): as in std
    shared_future(future<R>&& other) noexcept : basic_future<R>(std::move(other.state_)) {}
    shared_future& operator=(const shared_future&) noexcept = default;
    shared_future& operator=(shared_future&&) noexcept = default;

    // Blocks as wait(), then returns a reference to the value, or throws the error.
    decltype(auto) get() const {
        const detail::shared_result<R>& state = this->value_of_get();
        state.throw_error();
        return state.view();
    }
};

} // namespace weft::green
