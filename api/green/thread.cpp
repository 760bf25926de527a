// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/detail/parking.hpp>
#include <weft/green/thread.hpp>
#include <weft/sleep.hpp>

#include <fmt/format.h>

#include <system_error>
#include <thread>

namespace weft {

namespace detail {

void thread_life::begin(task_pointer task) noexcept {
    thread_ = detail::this_thread();
    number_ = task.get()->core().id();
    task_.emplace(std::move(task));
}

void thread_life::end() noexcept {
    run_end_calls(number_);
    task_.reset();
    ended_.store(true, std::memory_order_release);
    unpark_all(this);
}

void thread_life::join(const char* call, bool keep_cancels) {
    while (!ended()) {
        const parking_place place{.call = call, .address = this, .keep_cancels = keep_cancels};
        if (park(place, [this] { return !ended(); }).end == park_end::cancelled) {
            throw_cancelled_here();
        }
    }
}

task_ref thread_life::task(const char* call) const {
    if (thread_ != detail::this_thread()) {
        throw wrong_loop(
            fmt::format("{}: the thread is a task of another thread's loop; ask there", call));
    }
    return task_ ? *task_ : task_ref(task_pointer());
}

void thread_life::throw_no_resources(const spawn_error& why) {
    throw std::system_error(
        std::make_error_code(std::errc::resource_unavailable_try_again),
        fmt::format("weft::green::thread: no memory for another thread ({})", why.what()));
}

} // namespace detail

namespace green {

detail::thread_life& thread::require_joinable(const char* call) const {
    if (!joinable()) {
        throw std::system_error(
            std::make_error_code(std::errc::invalid_argument),
            fmt::format("{}: this handle has no thread (joined, detached or moved from)", call));
    }
    return *life_;
}

void thread::join() {
    join("weft::green::thread::join", false);
}

void thread::join(const char* call, bool keep_cancels) {
    detail::thread_life& life = require_joinable(call);
    if (life.number() == detail::caller_number()) {
        throw std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur),
                                fmt::format("{}: the thread would wait for itself", call));
    }
    life.join(call, keep_cancels);
    life_.reset();
}

void thread::detach() {
    require_joinable("weft::green::thread::detach");
    life_.reset();
}

thread::native_handle_type thread::native_handle() {
    const char* call = "weft::green::thread::native_handle";
    return require_joinable(call).task(call);
}

thread::id this_thread_id() noexcept {
    return thread::id(detail::caller_number());
}

void this_thread::yield() {
    if (running_loop_or_null() != nullptr) {
        weft::yield();
    } else {
        std::this_thread::yield();
    }
}

void this_thread::sleep_until(clock::time_point when) {
    if (running_loop_or_null() != nullptr) {
        weft::sleep_until(when);
    } else {
        std::this_thread::sleep_until(when);
    }
}

} // namespace green
} // namespace weft
