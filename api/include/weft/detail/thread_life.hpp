// SPDX-License-Identifier: BSL-1.0
//
// What a green thread and its handle share, and how such a thread begins and ends. Not for use by
// programs.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/export.hpp>
#include <weft/errors.hpp>
#include <weft/task.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace weft::detail {

// Counted by its pointers, which may be on any thread; the task is touched on its own only.
class WEFT_API thread_life {
  public:
    std::uint64_t number() const noexcept { return number_; }
    bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }

    // Blocks the calling task or thread until the end. Throws cancelled, unless that is kept.
    void join(const char* call, bool keep_cancels);

    // The task, as long as it runs; wrong_loop on another thread.
    task_ref task(const char* call) const;

    // Gives the body to the running loop as a task of that thread. Throws no_running_loop;
    // std::system_error (resource_unavailable_try_again) when there is no memory for it.
    template <class Body>
    static void start(const std::shared_ptr<thread_life>& life, Body&& body) {
        require_loop("weft::green::thread");
        life->start([&] { return make_task<void>(std::forward<Body>(body)); });
    }

  private:
    friend class thread_end;
    template <class Make>
    void start(Make make) {
        try {
            begin(start_task(make(), nullptr, source_location()));
        } catch (const spawn_error& e) {
            throw_no_resources(e);
        }
    }
    void begin(task_pointer task) noexcept;
    void end() noexcept;
    [[noreturn]] static void throw_no_resources(const spawn_error& why);

    std::uint64_t number_ = 0;
    const void* thread_ = nullptr;
    std::optional<task_ref> task_; // while it runs
    std::atomic<bool> ended_ = false;
};

// Lies in the body, so that the thread has ended when the body is destroyed, be it that it has run
// or not.
class thread_end {
  public:
    explicit thread_end(std::shared_ptr<thread_life> life) noexcept : life_(std::move(life)) {}
    thread_end(thread_end&&) noexcept = default;
    thread_end& operator=(thread_end&&) = delete;
    ~thread_end() {
        if (life_ != nullptr) {
            life_->end();
        }
    }

  private:
    std::shared_ptr<thread_life> life_;
};

// Runs f; true when it was ended by a cancel, which is put into `end`.
template <class F>
[[gnu::noinline]] bool was_cancelled(F& f, cancelled& end) {
    try {
        f();
        return false;
    } catch (const cancelled& c) {
        end = c;
        return true;
    }
}
// Lets no exception out. Not inline, nor is the one above: so the search for a handler ends here
// and the process with it, before any frame is left, and the exception's place can still be seen.
template <class F>
[[gnu::noinline]] bool was_cancelled_or_terminate(F& f, cancelled& end) noexcept {
    return was_cancelled(f, end);
}

// Runs a thread's function: a cancel comes out of it, any other exception is std::terminate.
template <class F>
void call_thread_function(F f) {
    cancelled end;
    if (was_cancelled_or_terminate(f, end)) {
        throw cancelled(end);
    }
}

// A thread's function with its arguments, which are destroyed before it counts as ended.
template <class F, class... Args>
class thread_body {
  public:
    template <class G, class... As>
    explicit thread_body(std::shared_ptr<thread_life> life, G&& f, As&&... args)
        : end_(std::move(life)), call_(std::forward<G>(f), std::forward<As>(args)...) {}

    void operator()() {
        call_thread_function([this] {
            std::apply(
                [](F& f, Args&... args) {
                    static_cast<void>(std::invoke(std::move(f), std::move(args)...));
                },
                call_);
        });
    }

  private:
    thread_end end_;
    std::tuple<F, Args...> call_;
};

} // namespace weft::detail
