// SPDX-License-Identifier: BSL-1.0
//
// future<T>: a value that comes later, from whoever holds a copy of the handle: the meeting point
// of callbacks and tasks. What starts work and owns it is a task (<weft/task.hpp>).
#pragma once

#include <weft/detail/callback.hpp>
#include <weft/detail/future_state.hpp>
#include <weft/task.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

// A copyable handle; all copies share one state, which is freed with the last. Belongs to the loop
// it was made on: another thread gets wrong_loop (to hand a value over from one, loop::post a
// function that sets it). A handle that was moved from throws invalid_state. An error that nobody
// has asked for when the last handle goes is reported. T may be void or an lvalue reference; a
// callback that holds a handle keeps the future until it is done. asyncio.Future.
template <class T>
class future : public detail::future_handle {
    static_assert(!std::is_rvalue_reference_v<T>, "a future of an rvalue reference has no use: "
                                                  "make it a future of the value");
    using stored = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*,
                                      std::remove_cv_t<T>>;
    static_assert(alignof(stored) <= alignof(std::max_align_t), "over-aligned values");

  public:
    // What the value is read as: const T&, or the reference that T is.
    using reference = std::conditional_t<std::is_reference_v<T>, T, const stored&>;

    // Made on the running loop, pending. Throws no_running_loop.
    future(detail::source_location where = detail::std_source_location::current())
        : future_handle(sizeof(stored), destroy_function(), where) {}

    // Gives the future its value; all who wait are woken, callbacks are queued. Does not block.
    // Throws invalid_state when it is done (a cancelled future is).
    void set_result(T value) const {
        put(this->place_to_set("weft::future::set_result"), std::forward<T>(value));
    }
    // The same, but false when it is done. For the one who may come too late.
    bool try_set_result(T value) const {
        void* place = this->place_to_try_set("weft::future::try_set_result");
        if (place != nullptr) {
            put(place, std::forward<T>(value));
        }
        return place != nullptr;
    }

    // get waits and returns the value, which stays in the future: valid while a handle is kept.
    // Throws the future's error, `cancelled` when it was cancelled. Does not block when it is done.
    // When the waiting task is cancelled, so is the future, with all who wait for it: wait() and
    // shield() pass no cancel on. A value that came in the same turn stays in the future.
    reference get() const { return value_at(this->get_place("weft::future::get")); }

    // The value, or the future's error, without waiting: invalid_state when it is not done.
    reference result() const { return value_at(this->result_place("weft::future::result")); }

    // Calls f(future) on the loop's own stack once the future is done, in order of adding; soon if
    // it is done already. f must not block; what it throws goes to the loop's exception handler.
    template <detail::callback<future> F>
    callback_id add_done_callback(F&& f) const {
        return this->add_callback([f = std::decay_t<F>(std::forward<F>(f))](
                                      const future_handle& done) mutable { f(future(done)); });
    }

  private:
    explicit future(const future_handle& same) noexcept : future_handle(same) {}

    void put(void* place, T&& value) const {
        if constexpr (std::is_reference_v<T>) {
            ::new (place) stored(std::addressof(value));
        } else {
            ::new (place) stored(std::move(value));
        }
        this->value_is_set();
    }
    static reference value_at(void* place) noexcept {
        if constexpr (std::is_reference_v<T>) {
            return **static_cast<stored*>(place);
        } else {
            return *static_cast<stored*>(place);
        }
    }
    static constexpr detail::future_state::destroy_function destroy_function() noexcept {
        if constexpr (std::is_trivially_destructible_v<stored>) {
            return nullptr;
        } else {
            return [](detail::future_state& s) noexcept {
                std::destroy_at(static_cast<stored*>(s.place()));
            };
        }
    }
};

template <class T>
requires std::is_void_v<T>
class future<T> : public detail::future_handle {
  public:
    using reference = void;

    future(detail::source_location where = detail::std_source_location::current())
        : future_handle(0, nullptr, where) {}

    void set_result() const {
        this->place_to_set("weft::future::set_result");
        this->value_is_set();
    }
    bool try_set_result() const {
        const bool pending = this->place_to_try_set("weft::future::try_set_result") != nullptr;
        if (pending) {
            this->value_is_set();
        }
        return pending;
    }
    void get() const { this->get_place("weft::future::get"); }
    void result() const { this->result_place("weft::future::result"); }

    template <detail::callback<future> F>
    callback_id add_done_callback(F&& f) const {
        return this->add_callback([f = std::decay_t<F>(std::forward<F>(f))](
                                      const future_handle& done) mutable { f(future(done)); });
    }

  private:
    explicit future(const future_handle& same) noexcept : future_handle(same) {}
};

} // namespace weft
