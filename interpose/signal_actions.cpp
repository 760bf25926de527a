// SPDX-License-Identifier: BSL-1.0
#include "interpose/signal_actions.hpp"

#include "interpose/interruption.hpp"
#include "interpose/real.hpp"
#include "interpose/threads/own_calls.hpp"
#include "interpose/vfork.hpp"

#include <weft/detail/suspension.hpp>

#include <array>
#include <atomic>
#include <optional>

#include <pthread.h>

namespace weft::interpose {

namespace {

using real_sigaction = original<"sigaction", int(int, const struct sigaction*, struct sigaction*)>;

constexpr int most_signals = 64;

// What the program asked for, by signal. Read by handlers, on any thread: they wait while `version`
// is odd. It is written with every signal blocked, so that no handler waits for its own thread.
struct entry {
    std::atomic<unsigned> version = 0;
    struct sigaction action {};
};
constinit std::array<entry, most_signals + 1> actions{};
constinit std::atomic_flag writing = ATOMIC_FLAG_INIT;

struct sigaction action_of(int signal_number) noexcept {
    const entry& e = actions[static_cast<std::size_t>(signal_number)];
    for (;;) {
        const unsigned version = e.version.load(std::memory_order_acquire);
        if (version % 2 == 0) {
            const struct sigaction copy = e.action;
            std::atomic_thread_fence(std::memory_order_acquire);
            if (e.version.load(std::memory_order_relaxed) == version) {
                return copy;
            }
        }
    }
}

// Every signal is blocked, and no other thread writes.
class write_lock {
  public:
    write_lock() noexcept {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, &before_);
        while (writing.test_and_set(std::memory_order_acquire)) {
        }
    }
    ~write_lock() {
        writing.clear(std::memory_order_release);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    write_lock(const write_lock&) = delete;
    write_lock& operator=(const write_lock&) = delete;

  private:
    sigset_t before_{};
};

bool is_fault(int signal_number) noexcept {
    switch (signal_number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
        return true;
    default:
        return false;
    }
}

bool has_handler(const struct sigaction& a) noexcept {
    return a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN;
}

thread_local constinit volatile int handlers_running = 0;

void end_handler() noexcept {
    handlers_running = handlers_running - 1;
    detail::end_signal_handler(true);
}

// Left by returning, or by an exception.
class in_handler {
  public:
    in_handler() noexcept {
        detail::begin_signal_handler();
        handlers_running = handlers_running + 1;
    }
    ~in_handler() { end_handler(); }
    in_handler(const in_handler&) = delete;
    in_handler& operator=(const in_handler&) = delete;
};

// What the kernel calls, with the program's mask and on the program's choice of stack.
void handle(int signal_number, siginfo_t* info, void* interrupted) {
    // A fault is the doing of the very code that runs: it cannot be put off.
    if (state_of_main() == main_state::waiting && !(is_fault(signal_number) && info->si_code > 0)) {
        keep_for_later(signal_number, *info, *static_cast<ucontext_t*>(interrupted));
        return;
    }
    const struct sigaction action = action_of(signal_number);
    if ((action.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) {
        struct sigaction none {};
        none.sa_handler = SIG_DFL;
        real_sigaction::call(signal_number, &none, nullptr);
    }
    note_handler((action.sa_flags & SA_RESTART) != 0);
    const in_handler scope;
    if ((action.sa_flags & SA_SIGINFO) != 0) {
        action.sa_sigaction(signal_number, info, interrupted);
    } else {
        action.sa_handler(signal_number);
    }
}

constinit std::atomic<bool> program_has_handlers = false;

// weft's own ones do nothing that a program has to know of.
void note_handler_of_program(const struct sigaction& a) noexcept {
    if (!never_waits_as_task(reinterpret_cast<const void*>(a.sa_handler))) {
        program_has_handlers.store(true, std::memory_order_relaxed);
    }
}

bool is_ours(const struct sigaction& a) noexcept {
    return (a.sa_flags & SA_SIGINFO) != 0 && a.sa_sigaction == &handle;
}

// As the kernel gets it. The handler is set back by ours: it may be called twice for one signal.
struct sigaction wrapped(struct sigaction a) noexcept {
    a.sa_sigaction = &handle;
    a.sa_flags |= SA_SIGINFO;
    a.sa_flags &= ~static_cast<int>(SA_RESETHAND);
    return a;
}

} // namespace

int set_action(int signal_number, const struct sigaction* wanted,
               struct sigaction* before) noexcept {
    if (signal_number < 1 || signal_number > most_signals) {
        return real_sigaction::call(signal_number, wanted, before);
    }
    if (in_vfork_child()) { // what it wrote here would be its parent's
        const int result = real_sigaction::call(signal_number, wanted, before);
        if (result == 0 && before != nullptr && is_ours(*before)) {
            *before = action_of(signal_number);
        }
        return result;
    }
    std::optional<struct sigaction> asked;
    std::optional<struct sigaction> given;
    if (wanted != nullptr) {
        asked = *wanted;
        given = has_handler(*wanted) ? wrapped(*wanted) : *wanted;
    }
    const write_lock lock;
    entry& e = actions[static_cast<std::size_t>(signal_number)];
    struct sigaction found {};
    e.version.fetch_add(1, std::memory_order_acq_rel);
    const int result = real_sigaction::call(signal_number, given ? &*given : nullptr, &found);
    if (result == 0) {
        if (is_ours(found)) {
            found = e.action;
        }
        if (asked && has_handler(*asked)) {
            e.action = *asked;
            note_handler_of_program(*asked);
        }
    }
    e.version.fetch_add(1, std::memory_order_acq_rel);
    if (result == 0 && before != nullptr) {
        *before = found;
    }
    return result;
}

bool program_has_signal_handlers() noexcept {
    return program_has_handlers.load(std::memory_order_relaxed);
}

void leave_handlers() noexcept {
    while (handlers_running > 0) {
        end_handler();
    }
}

} // namespace weft::interpose
