// SPDX-License-Identifier: BSL-1.0
#include "fibers/wait_queue.hpp"

#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/detail/wait_queue.hpp>
#include <weft/errors.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <new>

namespace weft::detail {

namespace {

fibers::wait_queue& inside(std::byte* bytes) noexcept {
    return *std::launder(reinterpret_cast<fibers::wait_queue*>(bytes));
}

const fibers::wait_queue& inside(const std::byte* bytes) noexcept {
    return *std::launder(reinterpret_cast<const fibers::wait_queue*>(bytes));
}

wait_outcome park(std::byte* bytes, const char* call, const void* object,
                  clock::time_point deadline) {
    fibers::scheduler& scheduler = require_running_task(call).loop()->scheduler();
    fibers::wait_site site{call, object};
    const auto result = inside(bytes).wait(scheduler, site, deadline);
    switch (result.reason) {
    case fibers::wake_reason::cancelled:
        return {wait_end::cancelled, result.notified};
    case fibers::wake_reason::timed_out:
        return {wait_end::timed_out, false};
    default:
        return {wait_end::notified, true};
    }
}

// The waiters' scheduler: also between two runs of its runner, when no loop is running.
fibers::scheduler& home_of(const fibers::wait_queue& q) noexcept {
    return static_cast<const task_core&>(q.longest_waiting()).loop()->scheduler();
}

} // namespace

wait_queue::wait_queue() noexcept {
    static_assert(sizeof(fibers::wait_queue) <= sizeof(queue_) &&
                  alignof(fibers::wait_queue) <= alignof(void*));
    ::new (queue_) fibers::wait_queue;
}

wait_queue::~wait_queue() {
    if (!empty()) {
        abort_destroyed(inside(queue_).longest_waiting().waiting_at()->operation);
    }
    inside(queue_).~wait_queue();
}

bool wait_queue::empty() const noexcept {
    return inside(queue_).empty();
}

wait_outcome wait_queue::wait(const char* call, const void* object, clock::time_point deadline) {
    return park(queue_, call, object, deadline);
}

void wait_queue::wait_without_cancel(const char* call, const void* object) {
    task_core& self = require_running_task(call);
    self.block_cancels();
    park(queue_, call, object, clock::time_point::max());
    self.unblock_cancels();
}

bool wait_queue::notify_one() noexcept {
    return !empty() && inside(queue_).notify_one(home_of(inside(queue_)));
}

void wait_queue::notify_all() noexcept {
    if (!empty()) {
        inside(queue_).notify_all(home_of(inside(queue_)));
    }
}

void abort_destroyed(const char* kind) noexcept {
    try {
        report(fmt::format("{}: the object was destroyed while a task waits for it; keep it until "
                           "nobody does",
                           kind));
    } catch (...) {
        report("an object was destroyed while a task waits for it");
    }
    std::abort();
}

void throw_cancelled_here() {
    throw_cancelled(*loop_core::running()->current_task());
}

clock::time_point deadline_after(clock::duration d, const char* call) {
    return require_running_loop(call).deadline_after(d);
}

const void* own_thread::thread_mark() noexcept {
    static thread_local constinit const char mark = 0;
    return &mark;
}

void own_thread::adopt_or_throw(const char* call) const {
    if (thread_ != nullptr) {
        throw wrong_loop(fmt::format(
            "{}: the object is used by the loop of another thread; give each thread its own",
            call));
    }
    thread_ = current();
}

} // namespace weft::detail
