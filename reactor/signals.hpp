// SPDX-License-Identifier: BSL-1.0
//
// Signals as events of a loop. What a signal does is a property of the process, and loops are many:
// so one handler for all of them notes in every interested loop's place which signal came, and
// wakes that loop. The handler takes no lock and allocates nothing; places are never freed, only
// used again.
//
// Invariant: while any loop subscribes to a signal its disposition is our handler; the last one
// that leaves puts back what it found, unless the program has changed it meanwhile.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft::reactor {

// Whether a program may ask to be told of it: not SIGKILL and SIGSTOP, not the faults.
bool is_catchable(int signal_number) noexcept;

class signals {
  public:
    enum class manner : std::uint8_t {
        every_time,
        // Only while nobody subscribes with `every_time`; the first one puts the default back, so
        // that the second one does what it does in any program.
        first_only,
    };

    // wake_fd: an eventfd, written to when a signal has come.
    explicit signals(int wake_fd) noexcept : wake_fd_(wake_fd) {}
    ~signals();
    signals(const signals&) = delete;
    signals& operator=(const signals&) = delete;

    // Once for a signal and manner until unsubscribe(). Throws std::system_error when the kernel
    // refuses, and std::bad_alloc.
    void subscribe(int signal_number, manner m = manner::every_time);
    void unsubscribe(int signal_number, manner m = manner::every_time) noexcept;

    // Whether some have come. Nearly free.
    bool pending() const noexcept;
    // Those that have come, as bits (see bit_of()); they are forgotten here.
    std::uint64_t take() noexcept;

    static constexpr std::uint64_t bit_of(int signal_number) noexcept {
        return std::uint64_t{1} << (signal_number - 1);
    }
    static constexpr int most = 64;

  private:
    struct place;
    struct table;
    static std::atomic<std::uint64_t>& interest(place& p, manner m) noexcept;

    int wake_fd_;
    place* place_ = nullptr; // from the first subscription on
};

} // namespace weft::reactor
