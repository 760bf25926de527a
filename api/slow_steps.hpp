// SPDX-License-Identifier: BSL-1.0
//
// The debug mode's watch over steps that hold the loop: a thread that looks at the loop's step
// counter now and then, and when that has stood still for too long interrupts the loop's thread by
// a signal (SIGURG, which is ignored by default) to take down where it is.
//
// Invariant: one report for each slow step, made while the step still runs.
#pragma once

#include "fibers/scheduler.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>

#include <pthread.h>

namespace weft::detail {

class slow_step_watch {
  public:
    // On the loop's thread, as the destructor. `count` goes up with each slow step.
    slow_step_watch(const fibers::scheduler& s, std::chrono::milliseconds limit,
                    std::atomic<std::uint64_t>& count);
    ~slow_step_watch();
    slow_step_watch(const slow_step_watch&) = delete;
    slow_step_watch& operator=(const slow_step_watch&) = delete;

  private:
    static void on_signal(int signo) noexcept;
    static void install_handler() noexcept;
    void watch();
    void take_down() noexcept;
    std::string text() const;

    static constexpr std::size_t most_frames = 64;

    const fibers::scheduler& scheduler_;
    const std::chrono::milliseconds limit_;
    std::atomic<std::uint64_t>& count_;
    const pthread_t loop_thread_ = pthread_self();
    slow_step_watch* const outer_; // another loop's on this thread

    std::mutex mutex_;
    std::condition_variable end_;
    bool ending_ = false;

    // Filled by the signal handler.
    std::binary_semaphore taken_down_{0};
    std::array<void*, most_frames> frames_{};
    int depth_ = 0;
    std::array<char, 128> name_{};
    std::size_t name_length_ = 0; // 0: a callback
    std::thread thread_;
};

} // namespace weft::detail
