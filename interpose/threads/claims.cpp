// SPDX-License-Identifier: BSL-1.0
#include "interpose/threads/claims.hpp"

#include <weft/detail/wait_queue.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include <sys/syscall.h>
#include <unistd.h>

namespace weft::interpose {

constinit std::array<waiting_count, 4> waiting_claims;

namespace {

using namespace std::chrono_literals;

// What a claim is told: that it was decided, and how.
constexpr std::uintptr_t decided_mark = std::uintptr_t{1} << 31;

std::uintptr_t token_of(claim& c) noexcept {
    return reinterpret_cast<std::uintptr_t>(&c);
}
claim& claim_of(std::uintptr_t token) noexcept {
    return *reinterpret_cast<claim*>(token);
}

// How long to wait before looking again at what may be released unseen.
class pauses {
  public:
    weft::clock::duration next() noexcept {
        const auto now = pause_;
        pause_ = std::min<weft::clock::duration>(2 * pause_, longest);
        return now;
    }

  private:
    static constexpr weft::clock::duration longest = 20ms;
    weft::clock::duration pause_ = 100us;
};

// A thread that goes into libc to release it there wakes a task a moment too early.
int attempt_after_wake(claim& c) noexcept {
    constexpr int moments = 100;
    int result = c.attempt();
    for (int i = 0; i < moments && result == EBUSY && c.may_be_released_unseen(); ++i) {
        ::syscall(SYS_sched_yield);
        result = c.attempt();
    }
    return result;
}

} // namespace

void look_again_after(weft::clock::duration span, detail::parking_place& place) {
    place.deadline = std::min(place.deadline, detail::deadline_after(span, place.call));
}

int wait_for(claim& c, weft::clock::time_point deadline) {
    const waiting_count::scope counted(waiting_claims[static_cast<std::size_t>(c.kind)]);
    pauses pause;
    for (;;) {
        auto place = place_of(c.call, c.address, deadline, token_of(c));
        place.keep_cancels = !c.fails_when_cancelled();
        place.repeat_cancels = !place.keep_cancels;
        const bool looks_again = c.may_be_released_unseen();
        if (looks_again) {
            look_again_after(pause.next(), place);
        }
        int result = EBUSY;
        const park_result end = detail::park(place, [&]() noexcept {
            result = c.lets_others_first() ? EBUSY : c.attempt();
            return result == EBUSY && c.may_be_released_unseen() == looks_again;
        });
        if ((end.message & decided_mark) != 0) {
            return static_cast<int>(end.message & ~decided_mark);
        }
        if (result != EBUSY) {
            return result;
        }
        if (end.end == park_end::woken) {
            result = attempt_after_wake(c);
            if (result != EBUSY) {
                return result;
            }
            c.was_passed_over = true;
        }
        if (end.end == park_end::cancelled && !end.was_woken) {
            return ECANCELED;
        }
        if (end.end == park_end::timed_out && place.deadline == deadline) {
            return ETIMEDOUT;
        }
    }
}

void released(const void* address, bool thread_waits) noexcept {
    bool one_tries_itself = false;
    detail::unpark(
        address,
        [&](detail::parked_waiter& waiter) noexcept {
            if (one_tries_itself) {
                return false;
            }
            claim& c = claim_of(waiter.token);
            const bool can_be_given = !c.is_for_thread() || waiter.on_this_thread;
            const bool is_to_be_given = c.is_shared() || c.was_passed_over;
            if (thread_waits || !can_be_given || !is_to_be_given) {
                one_tries_itself = true;
                return true;
            }
            const int result = c.attempt();
            if (result == EBUSY) {
                return false;
            }
            waiter.message = decided_mark | static_cast<unsigned>(result);
            return true;
        },
        [](std::size_t, bool) noexcept {});
}

void about_to_be_released(const void* mutex) noexcept {
    if (anyone_claims(claimed::mutex)) {
        released(mutex, true);
    }
}

} // namespace weft::interpose
