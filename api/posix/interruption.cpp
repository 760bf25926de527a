// SPDX-License-Identifier: BSL-1.0
#include "api/posix/interruption.hpp"

#include <utility>

#include <pthread.h>

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

sigset_t interruption::let_through(const sigset_t& mask) noexcept {
    sigset_t blocked;
    sigset_t through;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    ::sigemptyset(&through);
    for (int s = 1; s <= signals; ++s) {
        auto& waits = waits_letting_through_.at(static_cast<std::size_t>(s));
        if (::sigismember(&mask, s) == 0 && (waits > 0 || ::sigismember(&blocked, s) == 1)) {
            ++waits;
            ::sigaddset(&through, s);
        }
    }
    ::pthread_sigmask(SIG_UNBLOCK, &through, nullptr);
    return through;
}

void interruption::hold_back(const sigset_t& through) noexcept {
    sigset_t again;
    ::sigemptyset(&again);
    for (int s = 1; s <= signals; ++s) {
        auto& waits = waits_letting_through_.at(static_cast<std::size_t>(s));
        if (::sigismember(&through, s) == 1 && --waits == 0) {
            ::sigaddset(&again, s);
        }
    }
    ::pthread_sigmask(SIG_BLOCK, &again, nullptr);
}

} // namespace weft::detail
