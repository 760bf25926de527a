// SPDX-License-Identifier: BSL-1.0
//
// Signals as a program under weft-run expects them: a handler interrupts the call that its main
// thread waits in.
//
// The thread waits in the loop, on another stack than the program's. A handler that ran there could
// neither jump out of the call, as some do, nor end it. So while the program's main waits, a signal
// with a handler is not handled: it is sent to the thread once more, blocked, and the wait is
// ended. Back on its own stack the thread lets the signal in, and everything about the handler is
// the kernel's own doing: the stack it runs on, its mask, what it is told, where it returns to.
#pragma once

#include <weft/detail/suspension.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <type_traits>

namespace weft::interpose {

// What this thread does with the program's main, as a signal handler sees it.
enum class main_state : std::uint8_t {
    elsewhere, // not the thread of a main that runs as a task
    running,
    waiting, // in a call of weft's: what comes now is kept until it has been left
};

// Read by the thread's own signal handlers.
inline thread_local constinit volatile main_state this_threads_main = main_state::elsewhere;

inline main_state state_of_main() noexcept {
    return this_threads_main;
}
inline void set_state_of_main(main_state s) noexcept {
    this_threads_main = s;
}

// Whether the running task is that main. It is alone on its loop, so it may as well block the
// thread.
inline thread_local constinit std::uint64_t this_threads_main_task = 0;
inline bool runs_main() noexcept {
    return state_of_main() != main_state::elsewhere &&
           this_threads_main_task == detail::running_task_id();
}

// In a signal handler, while main is `waiting`: the signal comes back when end_wait() is called.
void keep_for_later(int signal_number, siginfo_t& info, ucontext_t& interrupted) noexcept;

// In a signal handler, before the program's own one is called.
void note_handler(bool restarts_calls) noexcept;

enum class wait_end : std::uint8_t {
    undisturbed, // no handler ran
    restarted,   // one ran, set with SA_RESTART
    interrupted, // one ran that was not
};

// Around a call that may wait. The second one lets the handlers run, which may not return. The
// thread is cancelled by pthread_cancel() before the wait, or where somebody ends it: not on the
// loop's stack.
void begin_wait();
wait_end end_wait();
void cancel_if_asked_to();

inline bool has_failed_with_eintr(long result) noexcept {
    return result == -1 && errno == EINTR;
}

// Whether a socket's calls end by themselves after a while (option: SO_RCVTIMEO, SO_SNDTIMEO);
// other descriptors' never do.
bool has_time_limit(int fd, int option) noexcept;

// Makes a call of weft's, and again where a signal has ended it and everybody agrees that it should
// go on: `restarts`, asked after the handlers have run, says whether those with SA_RESTART do.
template <class Restarts, class Call>
auto interruptible(Restarts&& restarts, Call&& call) -> decltype(call()) {
    using result_type = decltype(call());
    if (state_of_main() == main_state::elsewhere) [[likely]] {
        return call();
    }
    if constexpr (!std::is_integral_v<result_type>) {
        return call();
    } else {
        for (;;) {
            begin_wait();
            const result_type result = call();
            const int error_number = errno;
            const wait_end end = end_wait();
            errno = error_number;
            if (!has_failed_with_eintr(static_cast<long>(result))) {
                return result;
            }
            cancel_if_asked_to();
            if (end == wait_end::interrupted || (end == wait_end::restarted && !restarts())) {
                return result;
            }
        }
    }
}

// The same, with another signal mask for as long as it waits, as ppoll() has it.
template <class Call>
auto interruptible_with(const sigset_t* mask, Call&& call) -> decltype(call()) {
    if (mask == nullptr || state_of_main() == main_state::elsewhere) {
        return interruptible([] { return false; }, call);
    }
    for (;;) {
        sigset_t before;
        begin_wait();
        ::pthread_sigmask(SIG_SETMASK, mask, &before);
        const auto result = call();
        const int error_number = errno;
        const wait_end end = end_wait(); // the handlers run with the mask, too
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        errno = error_number;
        if (!has_failed_with_eintr(result)) {
            return result;
        }
        cancel_if_asked_to();
        if (end != wait_end::undisturbed) {
            return result;
        }
    }
}

} // namespace weft::interpose
