// SPDX-License-Identifier: BSL-1.0
#include "api/posix/interruption.hpp"

#include <utility>

namespace weft::detail {

interruption::interruption(fibers::scheduler& s) noexcept
    : letter(&interruption::arrive), scheduler_(s), letters_(s.letters()) {}

void interruption::handler_ran(bool restarts) noexcept {
    if (task_ == nullptr) {
        return;
    }
    ran_.store(true, std::memory_order_relaxed);
    if (!restarts) {
        ran_for_good_.store(true, std::memory_order_relaxed);
    }
    if (!posted_.exchange(true, std::memory_order_acq_rel) && !letters_->post(*this)) {
        posted_.store(false, std::memory_order_relaxed);
    }
}

void interruption::arrive(fibers::letter& l) noexcept {
    auto& self = static_cast<interruption&>(l);
    self.posted_.store(false, std::memory_order_release);
    const bool any = self.ran_.exchange(false, std::memory_order_relaxed);
    const bool for_good = self.ran_for_good_.exchange(false, std::memory_order_relaxed);
    if (self.waiting_ && (for_good || (any && !self.restartable_)) &&
        self.scheduler_.unpark(*self.task_)) {
        self.interrupted_ = true;
    }
}

void interruption::begin(const fibers::fiber& self, bool restartable) noexcept {
    if (&self == task_) {
        waiting_ = true;
        restartable_ = restartable;
        interrupted_ = false;
    }
}

bool interruption::end(const fibers::fiber& self) noexcept {
    if (&self != task_) {
        return false;
    }
    waiting_ = false;
    return std::exchange(interrupted_, false);
}

} // namespace weft::detail
