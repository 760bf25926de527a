// SPDX-License-Identifier: BSL-1.0
//
// The waits of one libc call on a task. What libc's callers cannot take comes as errno: a cancel,
// which stays pending, is ECANCELED; a signal's handler EINTR; a descriptor that was closed
// meanwhile EBADF; no memory ENOMEM. Nothing throws.
//
// Invariant: a wait that the kernel cannot tell the end of, or that ended again and again for
// nothing, turns into growing pauses: no call spins.
#pragma once

#include "fibers/time.hpp"
#include "reactor/readiness.hpp"

#include <cerrno>
#include <chrono>
#include <span>

namespace weft::detail {

class loop_core;

class suspended_call {
  public:
    enum class result : std::uint8_t {
        ready,     // perhaps: try again
        timed_out, //
        failed,    // errno says why
    };

    // Signal handlers with SA_RESTART end the waits of some calls and not of others.
    enum class restart : std::uint8_t { yes, no };

    // The running task calls `name`.
    explicit suspended_call(const char* name, restart r = restart::yes) noexcept;
    suspended_call(const suspended_call&) = delete;
    suspended_call& operator=(const suspended_call&) = delete;

    result wait_for(int fd, reactor::direction d,
                    fibers::time_point deadline = fibers::never) noexcept;
    // The same for a settled one; for one that is to be settled in this era.
    result wait_for_settled(int fd, reactor::direction d) noexcept;
    result wait_to_settle(int fd, reactor::direction d, std::uint32_t era) noexcept;
    result wait_for_any(std::span<reactor::interest> interests,
                        fibers::time_point deadline = fibers::never) noexcept;
    // Until the deadline, then `timed_out`; `never`: until it fails.
    result sleep_until(fibers::time_point deadline) noexcept;

    // For what the kernel tells nobody: waits a little, each time longer, at most `longest`.
    result pause(fibers::time_point deadline = fibers::never,
                 fibers::clock::duration longest = std::chrono::milliseconds(20)) noexcept;

    // One turn of the loop; a cancel is kept.
    void give_up_turn() noexcept;

    // Something was achieved: the next wait is a new one.
    void progressed() noexcept {
        wakes_ = 0;
        next_pause_ = first_pause;
    }

    fibers::time_point deadline_after(fibers::clock::duration d) const noexcept;
    loop_core& loop() const noexcept { return loop_; }

  private:
    static constexpr std::chrono::microseconds first_pause{50};

    template <class Wait>
    result wait_watched(int fd, fibers::time_point deadline, Wait&& wait) noexcept;
    template <class Wait>
    result suspend(Wait&& wait) noexcept;
    result spun(fibers::time_point deadline, std::uint64_t steps_before) noexcept;
    fibers::wait_site site(int fd) noexcept;
    static std::size_t describe(const fibers::wait_site& site, char* out,
                                std::size_t size) noexcept;

    const char* name_;
    const restart restart_;
    loop_core& loop_;
    int fd_ = -1;
    int wakes_ = 0;
    fibers::clock::duration next_pause_ = first_pause;
};

} // namespace weft::detail
