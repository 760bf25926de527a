// SPDX-License-Identifier: BSL-1.0
//
// The two ways to sleep at an address, a task's and a thread's, and how each is woken.
#include "api/loop_core.hpp"
#include "api/parking_table.hpp"
#include "api/report.hpp"

#include <weft/detail/parking.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

namespace weft::detail {

namespace {

// A task. It is woken by its loop's own thread: directly when that is the waker's, by a letter to
// its loop otherwise.
class parked_task final : public parked, public fibers::letter, public fibers::wait_site {
  public:
    parked_task(task_core& self, const parking_place& place) noexcept
        : parked(place.address, place.token),
          letter(&parked_task::deliver),
          wait_site{place.call, place.address, nullptr, nullptr,
                    place.describe != nullptr ? place.describe : &describe_address},
          self_(self),
          scheduler_(self.loop()->scheduler()) {}

    // Parks until woken; the reason when something else came first.
    fibers::wake_reason sleep(fibers::time_point deadline) noexcept {
        fibers::wake_reason reason = fibers::wake_reason::notified;
        asleep_ = true;
        scheduler_.begin_shared_wait();
        while (!woken_ && reason == fibers::wake_reason::notified) {
            reason = scheduler_.park(*this, deadline);
        }
        scheduler_.end_shared_wait();
        asleep_ = false;
        return reason;
    }

    // A waker has it: soon woken, whatever else happens.
    void sleep_until_woken() noexcept {
        self_.block_cancels();
        sleep(fibers::never);
        self_.unblock_cancels();
    }

    void wake() noexcept override {
        if (thread == this_thread()) {
            go_on();
            return;
        }
        // Kept, because the loop may end as soon as it has the letter.
        const std::shared_ptr<fibers::inbox> letters = scheduler_.letters();
        static_cast<void>(letters->post(*this)); // open: the loop has a task
    }

  private:
    static void deliver(fibers::letter& l) noexcept { static_cast<parked_task&>(l).go_on(); }

    void go_on() noexcept {
        woken_ = true;
        if (asleep_) { // else it is still on its way to sleep
            scheduler_.unpark(self_);
        }
    }

    task_core& self_;
    fibers::scheduler& scheduler_;
    // Only on the loop's thread.
    bool woken_ = false;
    bool asleep_ = false;
};

class parked_thread final : public parked {
  public:
    explicit parked_thread(const parking_place& place) noexcept
        : parked(place.address, place.token) {}

    // True when woken, false when the deadline came first.
    bool sleep(clock::time_point deadline) noexcept {
        const timespec limit = as_timespec(deadline);
        while (woken_.load(std::memory_order_acquire) == 0) {
            if (deadline == clock::time_point::max()) {
                sleep_on(woken_, 0, nullptr);
            } else if (clock::now() >= deadline) {
                return false;
            } else {
                sleep_on(woken_, 0, &limit);
            }
        }
        return true;
    }

    void wake() noexcept override {
        woken_.store(1, std::memory_order_release);
        // It may have left already: then this is a wake for no reason at that address, which every
        // sleeper has to expect.
        wake_one_on(woken_);
    }

  private:
    static timespec as_timespec(clock::time_point when) noexcept {
        const auto since = std::max(when.time_since_epoch(), clock::duration::zero());
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
        return {static_cast<time_t>(seconds.count()),
                static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
    }

    std::atomic<std::uint32_t> woken_ = 0;
};

bool goes_to_sleep(const park_steps& steps) noexcept {
    return steps.before_sleep == nullptr || steps.before_sleep(steps.context);
}

park_result park_task(task_core& self, const parking_place& place,
                      const park_steps& steps) noexcept {
    parking_bucket& bucket = parking_bucket::of(place.address);
    parked_task here(self, place);
    if (!bucket.append_if(here, steps.still_wanted, steps.context)) {
        return {park_end::refused};
    }
    if (!goes_to_sleep(steps)) {
        if (bucket.withdraw(here)) {
            return {park_end::refused};
        }
        here.sleep_until_woken();
        return {park_end::refused, true, here.message};
    }
    const auto reason = here.sleep(place.deadline);
    if (reason != fibers::wake_reason::notified) {
        const park_end end =
            reason == fibers::wake_reason::cancelled ? park_end::cancelled : park_end::timed_out;
        if (bucket.withdraw(here)) {
            return {end};
        }
        here.sleep_until_woken();
        if (end == park_end::cancelled) {
            return {end, true, here.message};
        }
    }
    return {park_end::woken, true, here.message};
}

park_result park_thread(const parking_place& place, const park_steps& steps) noexcept {
    parking_bucket& bucket = parking_bucket::of(place.address);
    parked_thread here(place);
    if (!bucket.append_if(here, steps.still_wanted, steps.context)) {
        return {park_end::refused};
    }
    const bool sleeps = goes_to_sleep(steps);
    if (sleeps && here.sleep(place.deadline)) {
        return {park_end::woken, true, here.message};
    }
    if (bucket.withdraw(here)) {
        return {sleeps ? park_end::timed_out : park_end::refused};
    }
    here.sleep(clock::time_point::max());
    return {sleeps ? park_end::woken : park_end::refused, true, here.message};
}

} // namespace

park_result park(const parking_place& place, const park_steps& steps) {
    loop_core* loop = loop_core::running();
    if (loop == nullptr) {
        return park_thread(place, steps);
    }
    task_core* self = loop->current_task();
    if (self == nullptr) {
        if (has_passed(place.deadline, loop->scheduler())) {
            return {park_end::timed_out};
        }
        throw_not_in_task(place.call);
    }
    if (!place.keep_cancels) {
        const park_result result = park_task(*self, place, steps);
        if (result.end == park_end::cancelled && place.repeat_cancels) {
            loop->scheduler().cancel(*self);
        }
        return result;
    }
    self->block_cancels();
    const park_result result = park_task(*self, place, steps);
    self->unblock_cancels();
    return result;
}

std::size_t unpark(const void* address, const unpark_steps& steps) noexcept {
    parking_bucket& bucket = parking_bucket::of(address);
    const void* const here = this_thread();
    parked* to_wake = nullptr;
    parked** last = &to_wake;
    std::size_t woken = 0;
    bucket.lock();
    parked* first = bucket.first(address);
    while (first != nullptr) {
        parked_waiter seen{first->token, first->thread == here};
        if (steps.choose != nullptr && !steps.choose(steps.context, seen)) {
            break;
        }
        first->message = seen.message;
        bucket.remove(*first);
        *last = first;
        last = &first->next;
        ++woken;
        first = bucket.first(address);
    }
    *last = nullptr;
    if (steps.decided != nullptr) {
        steps.decided(steps.context, woken, first != nullptr);
    }
    bucket.unlock();
    const int error_number = errno;
    while (to_wake != nullptr) {
        parked& next = *to_wake;
        to_wake = next.next; // it may be gone once it is woken
        next.wake();
    }
    errno = error_number;
    return woken;
}

std::size_t unpark_one(const void* address) noexcept {
    return unpark(
        address, [taken = false](parked_waiter&) mutable { return !std::exchange(taken, true); },
        [](std::size_t, bool) {});
}

std::size_t unpark_all(const void* address) noexcept {
    return unpark(address, unpark_steps{nullptr, nullptr, nullptr});
}

bool anyone_parked() noexcept {
    return parking_bucket::any_waiter();
}

} // namespace weft::detail
