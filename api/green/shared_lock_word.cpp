// SPDX-License-Identifier: BSL-1.0
#include "api/lock_errors.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/detail/caller.hpp>
#include <weft/detail/shared_lock_word.hpp>

namespace weft::detail {

namespace {

// What a waiter is told: it has the lock.
constexpr std::uintptr_t handed_over = 1;
// In a waiter's token, beside its kind: it was woken once already, and somebody else was faster.
constexpr std::uintptr_t insists = 2;

} // namespace

// --- taking ---

bool shared_lock_word::try_lock() noexcept {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    while (allows(seen, kind::exclusive)) {
        if (word_.compare_exchange_weak(seen, seen | writer, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
            owner_.store(caller_number(), std::memory_order_relaxed);
            return true;
        }
    }
    return false;
}

bool shared_lock_word::try_lock_shared() noexcept {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    while ((seen & (writer | parked_bit)) == 0) {
        if (word_.compare_exchange_weak(seen, seen + reader, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

bool shared_lock_word::lock(const char* call, clock::time_point deadline) {
    if (try_lock()) {
        return true;
    }
    const std::uint64_t me = caller_number();
    if (owner_.load(std::memory_order_relaxed) == me) {
        throw_relock(call);
    }
    if (!acquire(kind::exclusive, call, deadline)) {
        return false;
    }
    owner_.store(me, std::memory_order_relaxed);
    return true;
}

bool shared_lock_word::lock_shared(const char* call, clock::time_point deadline) {
    if (try_lock_shared()) {
        return true;
    }
    if (owner_.load(std::memory_order_relaxed) == caller_number()) {
        throw_relock(call);
    }
    return acquire(kind::shared, call, deadline);
}

// With the bucket locked: takes the lock if nobody is in the way, else says that somebody is
// parked. A reader that comes for the first time does not overtake who waits.
bool shared_lock_word::take_or_announce(kind k, bool comes_again, bool& taken) noexcept {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        const bool in_turn = comes_again || k == kind::exclusive || (seen & parked_bit) == 0;
        taken = in_turn && allows(seen, k);
        const std::uint64_t next = taken ? seen + share(k) : seen | parked_bit;
        if (seen == next || word_.compare_exchange_weak(seen, next, std::memory_order_acquire,
                                                        std::memory_order_relaxed)) {
            return taken;
        }
    }
}

bool shared_lock_word::acquire(kind k, const char* call, clock::time_point deadline) {
    parking_place place{.call = call,
                        .address = this,
                        .deadline = deadline,
                        .token = static_cast<std::uintptr_t>(k),
                        .describe = &describe};
    for (;;) {
        bool taken = false;
        const bool comes_again = (place.token & insists) != 0;
        const park_result result =
            park(place, [&] { return !take_or_announce(k, comes_again, taken); });
        const bool has_it = taken || result.message == handed_over;
        if (result.end == park_end::cancelled) {
            if (has_it) {
                give_back(k);
            } else {
                hand_on(0); // those behind may have waited for this one only
            }
            throw_cancelled_here();
        }
        if (has_it) {
            return true;
        }
        if (result.end == park_end::timed_out) {
            hand_on(0);
            return false;
        }
        place.token |= insists;
    }
}

// --- giving back ---

void shared_lock_word::unlock(const char* call) {
    const std::uint64_t owner = owner_.load(std::memory_order_relaxed);
    if (owner != caller_number()) {
        throw_not_held(call, owner, lock_users::all);
    }
    owner_.store(0, std::memory_order_relaxed);
    give_back(kind::exclusive);
}

void shared_lock_word::unlock_shared(const char* call) {
    if (word_.load(std::memory_order_relaxed) < reader) {
        throw_not_held(call, owner_.load(std::memory_order_relaxed), lock_users::all);
    }
    give_back(kind::shared);
}

void shared_lock_word::give_back(kind k) noexcept {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    while ((seen & parked_bit) == 0) {
        if (word_.compare_exchange_weak(seen, seen - share(k), std::memory_order_release,
                                        std::memory_order_relaxed)) {
            return;
        }
    }
    hand_on(share(k));
}

// Wakes whom the lock allows, from the front, and lets in at once who insists; not while nobody
// holds it, because then it may be taken meanwhile.
void shared_lock_word::hand_on(std::uint64_t given_back) noexcept {
    std::uint64_t let_in = 0;
    std::uint64_t expected = 0; // readers that were woken, and will come
    bool closed = false;        // by a writer: it is alone
    const auto choose = [&](parked_waiter& w) {
        const std::uint64_t held = word_.load(std::memory_order_relaxed);
        const auto k = static_cast<kind>(w.token & ~insists);
        if (closed || !allows(held - given_back + let_in + expected, k)) {
            return false;
        }
        closed = k == kind::exclusive;
        const bool stands_still = (held & ~parked_bit) != 0;
        if ((w.token & insists) != 0 && stands_still) {
            let_in += share(k);
            w.message = handed_over;
        } else if (k == kind::shared) {
            expected += share(k);
        }
        return true;
    };
    unpark(this, choose, [&](std::size_t, bool more) {
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        std::uint64_t next = 0;
        do {
            next = ((seen - given_back + let_in) & ~parked_bit) | (more ? parked_bit : 0);
        } while (!word_.compare_exchange_weak(seen, next, std::memory_order_acq_rel,
                                              std::memory_order_relaxed));
    });
}

std::size_t shared_lock_word::describe(const fibers::wait_site& site, char* out,
                                       std::size_t size) noexcept {
    const auto* self = static_cast<const shared_lock_word*>(site.object);
    const std::uint64_t owner = self->owner_.load(std::memory_order_relaxed);
    return owner != 0 ? describe_lock(self, owner, out, size, lock_users::all)
                      : describe_address(site, out, size);
}

} // namespace weft::detail
