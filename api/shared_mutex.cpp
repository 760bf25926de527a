// SPDX-License-Identifier: BSL-1.0
#include "api/lock_errors.hpp"
#include "api/waiting.hpp"

#include <weft/shared_mutex.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weft {

// One task's wait, on its stack.
struct shared_mutex::waiter {
    detail::task_core& who;
    kind wants;
    bool linked = false;
    bool admitted = false; // holds the lock
    waiter* previous = nullptr;
    waiter* next = nullptr;
};

shared_mutex::~shared_mutex() {
    if (first_ != nullptr || promised_ != 0) {
        detail::abort_destroyed("weft::shared_mutex");
    }
}

void shared_mutex::lock() {
    acquire("weft::shared_mutex::lock", kind::exclusive, clock::time_point::max());
}

bool shared_mutex::try_lock() {
    return try_acquire("weft::shared_mutex::try_lock", kind::exclusive);
}

bool shared_mutex::try_lock_until(clock::time_point deadline) {
    return acquire("weft::shared_mutex::try_lock_until", kind::exclusive, deadline);
}

void shared_mutex::lock_shared() {
    acquire("weft::shared_mutex::lock_shared", kind::shared, clock::time_point::max());
}

bool shared_mutex::try_lock_shared() {
    return try_acquire("weft::shared_mutex::try_lock_shared", kind::shared);
}

bool shared_mutex::try_lock_shared_until(clock::time_point deadline) {
    return acquire("weft::shared_mutex::try_lock_shared_until", kind::shared, deadline);
}

void shared_mutex::unlock() {
    const char* call = "weft::shared_mutex::unlock";
    thread_.require(call);
    if (writer_ == 0 || writer_ != detail::running_task_number()) {
        detail::throw_not_held(call, writer_);
    }
    give_back(kind::exclusive);
}

void shared_mutex::unlock_shared() {
    const char* call = "weft::shared_mutex::unlock_shared";
    thread_.require(call);
    if (readers_ == 0) {
        detail::throw_not_held(call, writer_);
    }
    give_back(kind::shared);
}

bool shared_mutex::try_acquire(const char* call, kind k) {
    thread_.require(call);
    const detail::task_core& self = detail::require_running_task(call);
    if (first_ != nullptr || !allows(k)) {
        return false;
    }
    give_to(k, self.id());
    return true;
}

bool shared_mutex::acquire_within(const char* call, kind k, clock::duration d) {
    if (d <= clock::duration::zero()) {
        return try_acquire(call, k);
    }
    thread_.require(call);
    return acquire(call, k, detail::deadline_after(d, call));
}

bool shared_mutex::acquire(const char* call, kind k, clock::time_point deadline) {
    if (try_acquire(call, k)) {
        return true;
    }
    detail::task_core& self = detail::require_running_task(call);
    fibers::scheduler& scheduler = self.loop()->scheduler();
    if (writer_ == self.id()) {
        detail::throw_relock(call, self);
    }
    if (detail::has_passed(deadline, scheduler)) {
        return false;
    }
    waiter here{self, k, true, false, last_, nullptr};
    (last_ != nullptr ? last_->next : first_) = &here;
    last_ = &here;
    fibers::wait_site site{.operation = call, .object = this, .describe = &describe};
    const fibers::wake_reason reason = scheduler.park(site, deadline);
    if (here.admitted) {
        --promised_;
        if (reason == fibers::wake_reason::cancelled) {
            give_back(k);
        }
    } else if (here.linked) {
        unlink(here);
        admit(); // those behind may have waited for this one only
    }
    if (reason == fibers::wake_reason::cancelled) {
        detail::throw_cancelled(self);
    }
    return here.admitted;
}

void shared_mutex::give_to(kind k, std::uint64_t task) noexcept {
    if (k == kind::exclusive) {
        writer_ = task;
    } else {
        ++readers_;
    }
}

void shared_mutex::give_back(kind k) noexcept {
    if (k == kind::exclusive) {
        writer_ = 0;
    } else {
        --readers_;
    }
    admit();
}

// Lets in whom the lock allows, from the front. Who has timed out or was cancelled, but has not run
// since, is passed over, and does not look at this object again.
void shared_mutex::admit() noexcept {
    while (first_ != nullptr && allows(first_->wants)) {
        waiter& w = *first_;
        unlink(w);
        if (w.who.loop()->scheduler().unpark(w.who)) {
            w.admitted = true;
            ++promised_;
            give_to(w.wants, w.who.id());
        }
    }
}

std::size_t shared_mutex::describe(const fibers::wait_site& site, char* out,
                                   std::size_t size) noexcept {
    const auto& lock = *static_cast<const shared_mutex*>(site.object);
    if (lock.writer_ != 0) {
        return detail::describe_lock(&lock, lock.writer_, out, size);
    }
    const auto written =
        fmt::format_to_n(out, size, "the object at {}, held by {} reader{}", site.object,
                         lock.readers_, lock.readers_ == 1 ? "" : "s");
    return std::min(written.size, size);
}

void shared_mutex::unlink(waiter& w) noexcept {
    (w.previous != nullptr ? w.previous->next : first_) = w.next;
    (w.next != nullptr ? w.next->previous : last_) = w.previous;
    w.linked = false;
}

} // namespace weft
