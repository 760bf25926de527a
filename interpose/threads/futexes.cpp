// SPDX-License-Identifier: BSL-1.0
//
// syscall(), for the sake of the one system call that blocks and that libraries make by this name:
// futex. libstdc++'s futures, atomics, semaphores, latches, barriers and the guards of local static
// variables wait in it, and so do other languages' locks.
//
// A task that waits for a word parks at its address. A wake counts both kinds of waiters, threads
// first, so that as many are woken as were asked for and not one more.
#include "interpose/hook.hpp"
#include "interpose/threads/deadlines.hpp"
#include "interpose/threads/parked_call.hpp"
#include "interpose/threads/task_waits.hpp"

#include <weft/detail/wait_queue.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <linux/futex.h>

#include <sys/syscall.h>

using namespace weft::interpose;

namespace {

// A word that may be one of several processes, which do not tell: the wait ends for no reason after
// this time. Long, and not in virtual time, because many say so of words that are not, libstdc++
// among them.
constexpr std::chrono::seconds longest_shared_wait{1};

constinit waiting_count waiting_tasks;

struct arguments {
    long a[6];

    std::uint32_t* word() const noexcept { return reinterpret_cast<std::uint32_t*>(a[0]); }
    int command() const noexcept { return static_cast<int>(a[1]) & FUTEX_CMD_MASK; }
    bool has(int flag) const noexcept { return (a[1] & flag) != 0; }
    std::uint32_t value() const noexcept { return static_cast<std::uint32_t>(a[2]); }
    const timespec* time() const noexcept { return reinterpret_cast<const timespec*>(a[3]); }
    std::uint32_t* other_word() const noexcept { return reinterpret_cast<std::uint32_t*>(a[4]); }
    std::uint32_t bits() const noexcept { return static_cast<std::uint32_t>(a[5]); }
};

// The kernel's answer, an error as minus its number.
long ask_kernel(long number, const arguments& with) noexcept {
#if defined(__x86_64__)
    long result = number;
    register long fourth asm("r10") = with.a[3];
    register long fifth asm("r8") = with.a[4];
    register long sixth asm("r9") = with.a[5];
    asm volatile("syscall"
                 : "+a"(result)
                 : "D"(with.a[0]), "S"(with.a[1]), "d"(with.a[2]), "r"(fourth), "r"(fifth),
                   "r"(sixth)
                 : "rcx", "r11", "memory");
    return result;
#else
    const int error_number = errno;
    const long result = original<"syscall", long(long, long, long, long, long, long, long)>::call(
        number, with.a[0], with.a[1], with.a[2], with.a[3], with.a[4], with.a[5]);
    const long answer = result == -1 ? -errno : result;
    errno = error_number;
    return answer;
#endif
}

bool is_wait(const arguments& futex) noexcept {
    return futex.command() == FUTEX_WAIT ||
           (futex.command() == FUTEX_WAIT_BITSET && futex.bits() == FUTEX_BITSET_MATCH_ANY);
}

// Relative for a plain wait, absolute for the other.
weft::clock::time_point deadline_of(const arguments& futex) {
    if (futex.time() == nullptr) {
        return weft::clock::time_point::max();
    }
    if (futex.command() == FUTEX_WAIT) {
        return weft::interpose::deadline_after(*futex.time());
    }
    return weft::interpose::deadline_of(
        {futex.has(FUTEX_CLOCK_REALTIME) ? CLOCK_REALTIME : CLOCK_MONOTONIC, futex.time()});
}

long wait_as_task(const arguments& futex) {
    if (futex.time() != nullptr && !is_valid(*futex.time())) {
        return -EINVAL;
    }
    const auto deadline = deadline_of(futex);
    auto place = place_of("futex", futex.word(), deadline);
    if (!futex.has(FUTEX_PRIVATE_FLAG) && !weft::detail::in_virtual_time()) {
        look_again_after(longest_shared_wait, place);
    }
    const waiting_count::scope counted(waiting_tasks);
    const park_result end = weft::detail::park(place, [&]() noexcept {
        return std::atomic_ref(*futex.word()).load(std::memory_order_seq_cst) == futex.value();
    });
    switch (end.end) {
    case park_end::refused:
        return -EAGAIN;
    case park_end::timed_out:
        return place.deadline == deadline ? -ETIMEDOUT : 0;
    default:
        return 0;
    }
}

// The longest waiting ones first, at most as many as are wanted.
long wake_tasks(const void* word, long wanted) noexcept {
    return static_cast<long>(weft::detail::unpark(
        word, [&](weft::detail::parked_waiter&) noexcept { return wanted-- > 0; },
        [](std::size_t, bool) noexcept {}));
}

// What the kernel has done for threads, for tasks.
long wake_tasks_too(const arguments& futex, long woken) noexcept {
    switch (futex.command()) {
    case FUTEX_WAKE:
        return woken + wake_tasks(futex.word(), static_cast<int>(futex.value()) - woken);
    case FUTEX_WAKE_BITSET:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: // who is woken for no reason looks for itself
        weft::detail::unpark_all(futex.word());
        return woken;
    case FUTEX_WAKE_OP:
        weft::detail::unpark_all(futex.word());
        weft::detail::unpark_all(futex.other_word());
        return woken;
    default:
        return woken;
    }
}

long call_futex(const arguments& futex, const void* caller) {
    if (is_wait(futex)) {
        return is_task() && !never_waits_as_task(caller) ? wait_as_task(futex)
                                                         : ask_kernel(SYS_futex, futex);
    }
    const long result = ask_kernel(SYS_futex, futex);
    // No fence: the kernel's wake is one.
    return result >= 0 && waiting_tasks.any() && !never_waits_as_task(caller)
               ? wake_tasks_too(futex, result)
               : result;
}

} // namespace

// All six arguments are passed on, whether they were given or not, as libc's own one does.
WEFT_DEFINE(long, syscall, (long number, ...)) {
    arguments with;
    std::va_list list;
    va_start(list, number);
    for (long& one : with.a) {
        one = va_arg(list, long);
    }
    va_end(list);
    const long result = number == SYS_futex ? call_futex(with, __builtin_return_address(0))
                                            : ask_kernel(number, with);
    if (result < 0 && result > -4096) {
        errno = static_cast<int>(-result);
        return -1;
    }
    return result;
}
