// SPDX-License-Identifier: BSL-1.0
#include "api/green/caller_inside.hpp"
#include "api/lock_errors.hpp"

#include <weft/detail/owned_lock.hpp>

#include <limits>
#include <system_error>
#include <type_traits>

namespace weft::detail {

inline bool owned_lock::take_free() noexcept {
    return is_only_thread() ? permit_.try_acquire_alone() : permit_.try_acquire();
}

inline void owned_lock::let_go() noexcept {
    owner_.store(0, std::memory_order_relaxed);
    if (is_only_thread()) {
        permit_.release_alone();
    } else {
        permit_.release();
    }
}

bool owned_lock::lock(const char* call, clock::time_point deadline) {
    const std::uint64_t me = number_of_caller();
    if (!take_free()) [[unlikely]] {
        if (belongs_to(me)) {
            throw_relock(call);
        }
        if (!permit_.acquire(
                {.call = call, .address = &permit_, .deadline = deadline, .describe = &describe})) {
            return false;
        }
    }
    owner_.store(me, std::memory_order_relaxed);
    return true;
}

bool owned_lock::try_lock() noexcept {
    if (!take_free()) {
        return false;
    }
    owner_.store(number_of_caller(), std::memory_order_relaxed);
    return true;
}

void owned_lock::lock_again(const char* call) noexcept {
    permit_.acquire(
        {.call = call, .address = &permit_, .keep_cancels = true, .describe = &describe});
    owner_.store(number_of_caller(), std::memory_order_relaxed);
}

void owned_lock::unlock(const char* call) {
    if (!belongs_to(number_of_caller())) [[unlikely]] {
        throw_not_callers(call);
    }
    let_go();
}

void owned_lock::give_back() noexcept {
    let_go();
}

bool owned_lock::is_callers() const noexcept {
    return belongs_to(number_of_caller());
}

void owned_lock::require_callers(const char* call) const {
    if (!belongs_to(number_of_caller())) [[unlikely]] {
        throw_not_callers(call);
    }
}

void owned_lock::throw_not_callers(const char* call) const {
    throw_not_held(call, owner_.load(std::memory_order_relaxed), lock_users::all);
}

std::size_t owned_lock::describe(const fibers::wait_site& site, char* out,
                                 std::size_t size) noexcept {
    static_assert(std::is_standard_layout_v<owned_lock>); // so its first member has its address
    const auto* self = static_cast<const owned_lock*>(site.object);
    return describe_lock(self, self->owner_.load(std::memory_order_relaxed), out, size,
                         lock_users::all);
}

// --- recursive ---

bool recursive_owned_lock::again() {
    if (!lock_.is_callers()) {
        return false;
    }
    ++more_;
    return true;
}

bool recursive_owned_lock::lock(const char* call, clock::time_point deadline) {
    return again() || lock_.lock(call, deadline);
}

bool recursive_owned_lock::try_lock() {
    return again() || lock_.try_lock();
}

void recursive_owned_lock::unlock(const char* call) {
    lock_.require_callers(call);
    if (more_ > 0) {
        --more_;
    } else {
        lock_.give_back();
    }
}

} // namespace weft::detail
