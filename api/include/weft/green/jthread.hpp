// SPDX-License-Identifier: BSL-1.0
//
// jthread of <thread>: a green thread that is asked to stop, and joined, by its destructor.
#pragma once

#include <weft/green/stop_token.hpp>
#include <weft/green/thread.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace weft::green {

// std::jthread. Its stop is a request that the function looks at, or condition_variable_any; it is
// not weft's cancel, which native_handle().cancel() asks for. The destructor blocks; a cancel of
// the task that waits there is kept for its next blocking call.
class jthread {
  public:
    using id = thread::id;
    using native_handle_type = thread::native_handle_type;

    jthread() noexcept : stop_(nostopstate) {}

    // As green::thread; f gets the stop token in front of its arguments, if it takes one.
    template <class F, class... Args>
    requires(!std::same_as<std::remove_cvref_t<F>, jthread>) explicit jthread(F&& f, Args&&... args)
        : thread_(start(stop_, std::forward<F>(f), std::forward<Args>(args)...)) {}

    jthread(jthread&&) noexcept = default;
    jthread& operator=(jthread&& other) noexcept {
        if (this != &other) {
            stop_and_join();
            stop_ = std::move(other.stop_);
            thread_ = std::move(other.thread_);
        }
        return *this;
    }
    ~jthread() { stop_and_join(); }

    void swap(jthread& other) noexcept {
        std::swap(stop_, other.stop_);
        thread_.swap(other.thread_);
    }
    friend void swap(jthread& a, jthread& b) noexcept { a.swap(b); }

    // As their namesakes in thread.
    bool joinable() const noexcept { return thread_.joinable(); }
    void join() { thread_.join("weft::green::jthread::join", false); }
    void detach() { thread_.detach(); }
    id get_id() const noexcept { return thread_.get_id(); }
    native_handle_type native_handle() { return thread_.native_handle(); }
    static unsigned hardware_concurrency() noexcept { return thread::hardware_concurrency(); }

    stop_source get_stop_source() noexcept { return stop_; }
    stop_token get_stop_token() const noexcept { return stop_.get_token(); }
    bool request_stop() noexcept { return stop_.request_stop(); }

  private:
    template <class F, class... Args>
    static thread start(stop_source& stop, F&& f, Args&&... args) {
        if constexpr (std::is_invocable_v<std::decay_t<F>, stop_token, std::decay_t<Args>...>) {
            return thread(std::forward<F>(f), stop.get_token(), std::forward<Args>(args)...);
        } else {
            return thread(std::forward<F>(f), std::forward<Args>(args)...);
        }
    }
    void stop_and_join() noexcept {
        if (joinable()) {
            request_stop();
            thread_.join("weft::green::~jthread", true);
        }
    }

    stop_source stop_;
    thread thread_;
};

} // namespace weft::green
