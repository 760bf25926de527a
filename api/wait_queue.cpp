// SPDX-License-Identifier: BSL-1.0
#include "api/report.hpp"
#include "api/waiting.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <new>

namespace weft::detail {

wait_queue::wait_queue() noexcept {
    static_assert(sizeof(fibers::wait_queue) <= sizeof(queue_) &&
                  alignof(fibers::wait_queue) <= alignof(void*));
    ::new (queue_) fibers::wait_queue;
}

wait_queue::~wait_queue() {
    if (!empty()) {
        abort_destroyed(inside().longest_waiting().waiting_at()->operation);
    }
    inside().~wait_queue();
}

bool wait_queue::empty() const noexcept {
    return inside().empty();
}

void wait_queue::wait_without_cancel(const char* call, const void* object) {
    task_core& self = require_running_task(call);
    self.block_cancels();
    wait(call, object, clock::time_point::max());
    self.unblock_cancels();
}

void wait_queue::notify_all() noexcept {
    while (notify_one()) {
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

clock::time_point deadline_after(clock::duration d, const char* call) {
    return require_running_loop(call).deadline_after(d);
}

const void* thread_mark() noexcept {
    static thread_local constinit const char mark = 0;
    return &mark;
}

void own_thread::adopt_or_throw(const char* call) const {
    if (thread_ != nullptr) {
        throw wrong_loop(fmt::format(
            "{}: the object is used by the loop of another thread; give each thread its own",
            call));
    }
    thread_ = this_thread();
}

} // namespace weft::detail
