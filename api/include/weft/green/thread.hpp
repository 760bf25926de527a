// SPDX-License-Identifier: BSL-1.0
//
// The threads of <thread>, as tasks of this thread's loop: they take turns where they block, and
// never run at the same time. What std's threads are told by the machine these are told by weft:
// a cancel. `cancelled` comes out of the call in which one blocks, and ends it like a return;
// any other exception that leaves a thread's function is std::terminate, as in std.
//
// A program begins with weft::run([&] { ... }) in its main. What is still running when that
// returns, detached or not, is cancelled and waited for.
#pragma once

#include <weft/detail/caller.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/thread_life.hpp>
#include <weft/task.hpp>

#include <chrono>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <ostream>
#include <thread>
#include <type_traits>
#include <utility>

namespace weft::green {

// std::thread. The handle may be moved to, joined and destroyed on any thread.
class WEFT_API thread {
  public:
    // Of a green thread, any other task, or a plain thread; a default one is of none.
    class id {
      public:
        constexpr id() noexcept = default;
        friend constexpr bool operator==(id, id) noexcept = default;
        friend constexpr std::strong_ordering operator<=>(id, id) noexcept = default;
        template <class Char, class Traits>
        friend std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out,
                                                            id i) {
            return i.number_ != 0 ? out << i.number_ : out << "thread::id of no thread";
        }

      private:
        friend class thread;
        friend struct std::hash<id>;
        friend WEFT_API id this_thread_id() noexcept;
        explicit constexpr id(std::uint64_t number) noexcept : number_(number) {}
        std::uint64_t number_ = 0;
    };
    // For what weft can do with a task: cancel(), name(), set_name() ...
    using native_handle_type = task_ref;

    thread() noexcept = default;

    // Runs f(args...), copied or moved into it, as a task: in the next turn, behind what is ready.
    // Throws no_running_loop outside run(); std::system_error (resource_unavailable_try_again)
    // when there is no memory or address space for it.
    template <class F, class... Args>
    requires(!std::same_as<std::remove_cvref_t<F>, thread>) explicit thread(F&& f, Args&&... args)
        : life_(std::make_shared<detail::thread_life>()) {
        static_assert(std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>);
        detail::thread_life::start(life_,
                                   detail::thread_body<std::decay_t<F>, std::decay_t<Args>...>(
                                       life_, std::forward<F>(f), std::forward<Args>(args)...));
    }

    thread(thread&&) noexcept = default;
    thread& operator=(thread&& other) noexcept {
        if (joinable()) {
            std::terminate();
        }
        life_ = std::move(other.life_);
        return *this;
    }
    // A joinable one: std::terminate.
    ~thread() {
        if (joinable()) {
            std::terminate();
        }
    }

    void swap(thread& other) noexcept { life_.swap(other.life_); }
    friend void swap(thread& a, thread& b) noexcept { a.swap(b); }

    bool joinable() const noexcept { return life_ != nullptr; }
    id get_id() const noexcept { return life_ ? id(life_->number()) : id(); }

    // Blocks until the thread has ended. Cancellable, for a task: then the thread goes on and stays
    // joinable. Throws cancelled; std::system_error: invalid_argument when not joinable,
    // resource_deadlock_would_occur for itself; not_in_task when it would block in a callback.
    void join();
    // Lets it go on without a handle, at most until run() ends. std::system_error
    // (invalid_argument) when not joinable.
    void detach();

    // The task; one that has ended is not there any more: its members throw invalid_state. Throws
    // wrong_loop on another thread than the loop's, std::system_error when not joinable.
    native_handle_type native_handle();

    // std's own number, for programs that make as many threads.
    static unsigned hardware_concurrency() noexcept { return std::thread::hardware_concurrency(); }

  private:
    friend class jthread;
    detail::thread_life& require_joinable(const char* call) const;
    void join(const char* call, bool keep_cancels);
    std::shared_ptr<detail::thread_life> life_;
};

WEFT_API thread::id this_thread_id() noexcept;

// std::this_thread, for tasks and plain threads.
namespace this_thread {

inline thread::id get_id() noexcept {
    return this_thread_id();
}

// A task lets everything that is ready run once, as weft::yield, which also says what it throws.
WEFT_API void yield();

// Blocks until the time has come; one that has passed costs a turn. Never early, as far as its own
// clock goes the way of the steady one. Cancellable, for a task. Throws cancelled; not_in_task in a
// callback; std::invalid_argument for a floating NaN.
WEFT_API void sleep_until(clock::time_point when);
template <class Clock, class Duration>
void sleep_until(const std::chrono::time_point<Clock, Duration>& when) {
    sleep_until(detail::caller_deadline(when, "weft::green::this_thread::sleep_until"));
}
template <class Rep, class Period>
void sleep_for(const std::chrono::duration<Rep, Period>& d) {
    sleep_until(detail::caller_deadline(d, "weft::green::this_thread::sleep_for"));
}

} // namespace this_thread
} // namespace weft::green

template <>
struct std::hash<weft::green::thread::id> {
    std::size_t operator()(weft::green::thread::id i) const noexcept {
        return std::hash<std::uint64_t>()(i.number_);
    }
};
