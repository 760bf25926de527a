// SPDX-License-Identifier: BSL-1.0
//
// Who may be suspended, and what happens to that when a process forks.
#include "api/loop_core.hpp"
#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/raw_calls.hpp"

#include <weft/detail/suspension.hpp>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include <pthread.h>

namespace weft::detail {

namespace {

// Why this thread must not suspend; zero: for no reason. The lower half counts no_suspend scopes,
// the upper one signal handlers that run.
thread_local constinit std::uint32_t reasons = 0;
constexpr std::uint32_t one_scope = 1;
constexpr std::uint32_t one_handler = 1U << 16;
constexpr std::uint32_t child_of_fork = 1U << 31;

// A handler that comes in between puts back what it found, so plain additions do.
void add(std::uint32_t reason) noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    reasons = reasons + reason;
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

void remove(std::uint32_t reason) noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    reasons = reasons - reason;
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

// To tell a child of vfork(), which runs in its parent's memory.
constinit std::atomic<pid_t> process = 0;

// The child has one thread, this one, and goes on as a plain blocking process on the stack that it
// is on: the loop's epoll set and timers are its parent's.
void in_child() noexcept {
    process.store(raw::getpid(), std::memory_order_relaxed);
    if (loop_core::of_this_thread() != nullptr) {
        reasons = (reasons & ~child_of_fork) | child_of_fork;
        loop_core::forget_in_child();
    }
    forget_owners();
}

const int hooks_in_fork = [] {
    process.store(raw::getpid(), std::memory_order_relaxed);
    return pthread_atfork(nullptr, &forget_owners, &in_child);
}();

} // namespace

bool may_suspend() noexcept {
    const loop_core* const loop = loop_core::running();
    return loop != nullptr && reasons == 0 && loop->current_task() != nullptr;
}

bool in_signal_handler() noexcept {
    return (reasons & ~child_of_fork) >= one_handler;
}

std::uint64_t running_task_id() noexcept {
    const loop_core* const loop = loop_core::running();
    const task_core* const task = loop != nullptr ? loop->current_task() : nullptr;
    return task != nullptr ? task->id() : 0;
}

bool in_virtual_time() noexcept {
    return loop_core::running()->in_virtual_time();
}

void forbid_suspension() noexcept {
    add(one_scope);
}

void allow_suspension() noexcept {
    remove(one_scope);
}

void begin_signal_handler() noexcept {
    add(one_handler);
}

void end_signal_handler(bool restarts) noexcept {
    remove(one_handler);
    if (loop_core* const loop = loop_core::running()) {
        loop->interruption().handler_ran(restarts);
    }
}

void let_signals_interrupt_this_task() noexcept {
    loop_core& loop = *loop_core::running();
    loop.interruption().interrupt(*loop.current_task());
}

void see_descriptor_changes() noexcept {
    changes_are_seen_from_now_on();
}

void note_changed_settings() noexcept {
    begin_new_era();
}

void forget_descriptor_kind(int fd) noexcept {
    forget_kind(fd);
}

void note_new_descriptor(int fd) noexcept {
    if (fd >= 0) {
        mark_own(fd);
    }
}

void forget_descriptors(unsigned first, unsigned last) noexcept {
    const int error_number = errno;
    const pid_t known = process.load(std::memory_order_relaxed);
    if (known == 0 || raw::getpid() == known) {
        loop_core* const loop = loop_core::of_this_thread();
        if (first == last && loop != nullptr && !in_signal_handler() &&
            loop->descriptors().is_settled(static_cast<int>(first), present_era())) {
            unsettle(static_cast<int>(first), *loop); // it learns of it below
        }
        forget_kinds(first, last);
        if (loop != nullptr && !in_signal_handler()) {
            loop->descriptors().forget_all(first, last);
        }
    }
    errno = error_number;
}

void forget_descriptor(int fd) noexcept {
    if (fd >= 0) {
        forget_descriptors(static_cast<unsigned>(fd), static_cast<unsigned>(fd));
    }
}

} // namespace weft::detail
