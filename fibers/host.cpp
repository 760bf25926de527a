// SPDX-License-Identifier: BSL-1.0
//
// The scheduler's side of a host.
#include "fibers/host.hpp"

#include "fibers/scheduler.hpp"

#include <utility>

namespace weft::fibers {

void scheduler::move_in(host& h) noexcept {
    host_ = &h;
    in_series_.store(true, std::memory_order_relaxed);
}

void scheduler::move_out() noexcept {
    host_ = nullptr;
    seated_ = nullptr;
    current_ = nullptr;
    in_series_.store(false, std::memory_order_relaxed);
}

void scheduler::take_seat(fiber& f, seat& s) noexcept {
    f.seat_ = &s;
    s.occupant = &f;
}

void scheduler::leave_seat(seat& s) noexcept {
    s.occupant = nullptr;
    if (seated_ == &s) {
        current_ = nullptr;
    }
}

void scheduler::switched_to(seat& s) noexcept {
    if (seated_ == &s) {
        return;
    }
    if (seated_ != nullptr) {
        seated_->exceptions = std::exchange(*cells_.exceptions, s.exceptions);
        seated_->error_number = std::exchange(*cells_.error_number, s.error_number);
    }
    seated_ = &s;
    current_ = s.occupant;
    if (current_ != nullptr) {
        count_step();
        if (current_->state_ != fiber_state::parked) {
            current_->state_ = fiber_state::running;
        }
    }
}

void scheduler::run_hosted(fiber& f) noexcept {
    seat& here = *f.seat_;
    f.body_(f, true); // may destroy it
    leave_seat(here);
}

guarded_stack scheduler::running_stack() const noexcept {
    if (const worker* w = running_worker()) {
        return {w->slot().low, w->pool().memory().guard_size(), w->pool().stack_size()};
    }
    return current_ != nullptr ? seated_->stack : guarded_stack();
}

void scheduler::suspend_hosted() noexcept {
    const fiber& self = *current_;
    do {
        host_->suspend();
    } while (self.state_ == fiber_state::parked);
}

} // namespace weft::fibers
