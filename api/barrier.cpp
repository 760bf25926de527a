// SPDX-License-Identifier: BSL-1.0
//
//   state       begins                           who is inside   who arrives
//   filling     when the last has left a round   waits           comes in
//   draining    when the last one has come in    leaves          waits outside
//   resetting   reset() with somebody inside     broken_barrier  waits outside
//   broken      abort()                          broken_barrier  broken_barrier
#include "api/waiting.hpp"

#include <weft/barrier.hpp>
#include <weft/errors.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft {

namespace {

// Counts a task in for as long as it lives.
class counted {
  public:
    explicit counted(std::size_t& count) noexcept : count_(count) { ++count_; }
    ~counted() { --count_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;

  private:
    std::size_t& count_;
};

} // namespace

barrier::barrier(std::ptrdiff_t parties) : parties_(static_cast<std::size_t>(parties)) {
    if (parties < 1) {
        throw std::invalid_argument(
            fmt::format("weft::barrier: for {} tasks; it takes one at least", parties));
    }
}

barrier::~barrier() {
    if (count_ + arriving_ != 0) {
        detail::abort_destroyed("weft::barrier");
    }
}

class barrier::visit {
  public:
    explicit visit(barrier& b) noexcept : barrier_(b) { ++b.count_; }
    ~visit() { barrier_.leave(); }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

  private:
    barrier& barrier_;
};

std::size_t barrier::arrive_and_wait() {
    const char* call = "weft::barrier::arrive_and_wait";
    thread_.require(call);
    wait_outside(call);
    const std::size_t index = count_;
    const visit inside(*this);
    if (count_ == parties_) {
        state_ = state::draining;
        inside_.notify_all();
    } else {
        wait_for_round(call);
    }
    return index;
}

void barrier::wait_outside(const char* call) {
    const counted here(arriving_);
    while (state_ == state::draining || state_ == state::resetting) {
        if (outside_.wait(call, this).end == detail::wait_end::cancelled) {
            detail::throw_cancelled_here();
        }
    }
    if (state_ == state::broken) {
        throw broken_barrier(fmt::format("{}: the barrier was aborted; reset() it first", call));
    }
}

void barrier::wait_for_round(const char* call) {
    while (state_ == state::filling) {
        if (inside_.wait(call, this).end == detail::wait_end::cancelled) {
            detail::throw_cancelled_here();
        }
    }
    if (state_ != state::draining) {
        throw broken_barrier(
            fmt::format("{}: the barrier was reset or aborted meanwhile; arrive again", call));
    }
}

void barrier::leave() noexcept {
    if (--count_ == 0 && state_ != state::broken) {
        state_ = state::filling;
        outside_.notify_all();
    }
}

void barrier::reset() {
    thread_.require("weft::barrier::reset");
    state_ = count_ > 0 ? state::resetting : state::filling;
    inside_.notify_all();
    outside_.notify_all();
}

void barrier::abort() {
    thread_.require("weft::barrier::abort");
    state_ = state::broken;
    inside_.notify_all();
    outside_.notify_all();
}

std::size_t barrier::n_waiting() const {
    thread_.require("weft::barrier::n_waiting");
    return state_ == state::filling ? count_ : 0;
}

bool barrier::broken() const {
    thread_.require("weft::barrier::broken");
    return state_ == state::broken;
}

} // namespace weft
