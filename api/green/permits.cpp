// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/detail/permits.hpp>

namespace weft::detail {

namespace {

// A waiter's token: it was woken once already, and somebody else was faster.
constexpr std::uintptr_t insists = 1;
// What a waiter is told: the permit is its own.
constexpr std::uintptr_t granted = 1;

} // namespace

bool permits::acquire(parking_place place) {
    for (;;) {
        if (try_acquire()) {
            return true;
        }
        const park_result result = park(place, [this] {
            std::ptrdiff_t seen = word_.load(std::memory_order_relaxed);
            while (seen < one && (seen & awaited) == 0 &&
                   !word_.compare_exchange_weak(seen, seen | awaited, std::memory_order_relaxed)) {
            }
            return seen < one;
        });
        const bool has_it = result.was_woken && result.message == granted;
        switch (result.end) {
        case park_end::refused:
            break;
        case park_end::woken:
            if (has_it) {
                return true;
            }
            place.token = insists;
            break;
        case park_end::timed_out:
            return try_acquire(); // it may be that what was free came without a wake
        case park_end::cancelled:
            // What this was woken for is for the next, unless somebody has it already.
            if (result.was_woken && (has_it || try_acquire())) {
                release_to_waiters(1);
            }
            throw_cancelled_here();
        }
    }
}

void permits::release_to_waiters(std::ptrdiff_t count) noexcept {
    std::ptrdiff_t kept = 0; // for whoever comes first
    std::ptrdiff_t left = count;
    const auto choose = [&](parked_waiter& w) {
        if (left == 0) {
            return false;
        }
        --left;
        if (w.token == insists) {
            w.message = granted;
        } else {
            ++kept;
        }
        return true;
    };
    unpark(this, choose, [&](std::size_t, bool more) {
        std::ptrdiff_t seen = word_.load(std::memory_order_relaxed);
        std::ptrdiff_t next = 0;
        do {
            next = ((seen & ~awaited) + (left + kept) * one) | (more ? awaited : 0);
        } while (!word_.compare_exchange_weak(seen, next, std::memory_order_seq_cst,
                                              std::memory_order_relaxed));
    });
}

} // namespace weft::detail
