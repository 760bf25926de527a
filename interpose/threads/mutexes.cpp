// SPDX-License-Identifier: BSL-1.0
#include "interpose/threads/mutexes.hpp"

#include "interpose/threads/claims.hpp"
#include "interpose/threads/task_holds.hpp"
#include "interpose/threads/task_waits.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>

namespace weft::interpose {

namespace {

// Threads in a wait that has released the mutex, by its address; several share a count.
constexpr int counts_log = 8;
constinit std::array<std::atomic<int>, std::size_t{1} << counts_log> counts{};

std::atomic<int>& count_of(const void* mutex) noexcept {
    const std::uint64_t mixed = reinterpret_cast<std::uintptr_t>(mutex) * 0x9E3779B97F4A7C15U;
    return counts[mixed >> (64 - counts_log)];
}

// The task of this thread that has the mutex, which counts by thread; null: none.
task_hold* hold_of(libc::mutex& m) noexcept {
    task_holds& holds = task_holds::here();
    task_hold* hold = holds.find(&m);
    if (hold != nullptr && !libc::is_held_by_this_thread(m)) {
        holds.remove(&m); // the memory has become another mutex
        return nullptr;
    }
    return hold;
}

// It has been locked for the task, once or once more.
void note_hold(libc::mutex& m, std::uint64_t task) noexcept {
    task_holds& holds = task_holds::here();
    if (task_hold* const hold = holds.find(&m)) {
        ++hold->depth;
    } else if (task != 0) {
        holds.add(&m, task);
    }
}

// A mutex that counts by thread, for a task, 0 being what runs outside of tasks on this thread:
// EBUSY when another task has it. Room for one more hold is reserved.
int try_for(libc::mutex& m, std::uint64_t task) noexcept {
    const task_hold* const hold = hold_of(m);
    if (hold != nullptr && hold->task != task) {
        return EBUSY;
    }
    const int result = libc::try_lock(&m);
    if (result == 0 || result == EOWNERDEAD) {
        note_hold(m, task);
    }
    return result;
}

// The same for a lock that may wait: EDEADLK when it would wait for itself.
int take_for(libc::mutex& m, std::uint64_t task) noexcept {
    const int result = try_for(m, task);
    const bool is_its_own =
        result == EBUSY && libc::checks_errors(m) && libc::is_held_by_this_thread(m);
    if (is_its_own) {
        const task_hold* const hold = hold_of(m);
        return hold == nullptr || hold->task == task ? EDEADLK : EBUSY;
    }
    return result;
}

class mutex_claim : public claim {
  public:
    explicit mutex_claim(libc::mutex& m) noexcept
        : claim(claimed::mutex, "pthread_mutex_lock", &m), mutex_(m) {}

    int attempt() noexcept override { return libc::try_lock(&mutex_); }
    bool may_be_released_unseen() const noexcept override {
        return libc::may_be_released_elsewhere(mutex_) || released_by_libc::any(&mutex_);
    }

  protected:
    ~mutex_claim() = default;
    libc::mutex& mutex_;
};

class plain_claim final : public mutex_claim {
  public:
    using mutex_claim::mutex_claim;
};

class counted_claim final : public mutex_claim {
  public:
    explicit counted_claim(libc::mutex& m) noexcept
        : mutex_claim(m), has_room_(task_holds::here().reserve()) {}
    ~counted_claim() {
        if (has_room_) {
            task_holds::here().unreserve();
        }
    }
    counted_claim(const counted_claim&) = delete;
    counted_claim& operator=(const counted_claim&) = delete;

    // EAGAIN is what libc says when it cannot count any further.
    int attempt() noexcept override { return has_room_ ? take_for(mutex_, task_) : EAGAIN; }
    int attempt_once() noexcept { return has_room_ ? try_for(mutex_, task_) : EAGAIN; }

  private:
    const bool has_room_;
    const std::uint64_t task_ = detail::running_task_id();
};

int block_on_plain_mutex(libc::mutex& m, const time_limit& limit) {
    if (limit.at == nullptr) {
        return libc::lock(&m);
    }
    return limit.clock == CLOCK_REALTIME ? libc::timed_lock(&m, limit.at)
                                         : libc::clock_lock(&m, limit.clock, limit.at);
}

int block_on_mutex(libc::mutex& m, const time_limit& limit) {
    return libc::counts_by_thread(m) ? block_on_counted_mutex(m, limit)
                                     : block_on_plain_mutex(m, limit);
}

int wait_for_mutex(mutex_claim& c, libc::mutex& m, const time_limit& limit, const void* caller) {
    const int result = c.attempt();
    if (result != EBUSY) {
        return result;
    }
    if (never_waits_as_task(caller)) {
        return block_on_mutex(m, limit);
    }
    if (limit.at != nullptr && !is_valid(*limit.at)) {
        return EINVAL;
    }
    return wait_for(c, deadline_of(limit));
}

} // namespace

released_by_libc::released_by_libc(const libc::mutex& m) noexcept : mutex_(&m) {
    count_of(mutex_).fetch_add(1, std::memory_order_seq_cst);
    about_to_be_released(mutex_);
}

released_by_libc::~released_by_libc() {
    count_of(mutex_).fetch_sub(1, std::memory_order_relaxed);
}

bool released_by_libc::any(const void* mutex) noexcept {
    return count_of(mutex).load(std::memory_order_relaxed) != 0;
}

int block_on_counted_mutex(libc::mutex& m, const time_limit& limit) {
    const std::uint64_t task = detail::running_task_id();
    task_holds& holds = task_holds::here();
    if (task == 0 && holds.empty()) [[likely]] {
        return block_on_plain_mutex(m, limit);
    }
    task_hold* hold = hold_of(m);
    if (hold != nullptr && hold->task != task) {
        return EDEADLK;
    }
    if (!holds.reserve()) {
        return EAGAIN;
    }
    const int result = block_on_plain_mutex(m, limit);
    if (result == 0 || result == EOWNERDEAD) {
        note_hold(m, task);
    }
    holds.unreserve();
    return result;
}

int lock_mutex(libc::mutex& m, const void* caller) {
    return lock_mutex_until(m, {}, caller);
}

int lock_mutex_until(libc::mutex& m, const time_limit& limit, const void* caller) {
    if (!is_task()) {
        return block_on_mutex(m, limit);
    }
    if (!is_waitable(limit.clock)) {
        return EINVAL;
    }
    if (libc::counts_by_thread(m)) {
        counted_claim c(m);
        return wait_for_mutex(c, m, limit, caller);
    }
    plain_claim c(m);
    return wait_for_mutex(c, m, limit, caller);
}

int try_lock_mutex(libc::mutex& m) noexcept {
    if (libc::counts_by_thread(m) &&
        (detail::running_task_id() != 0 || !task_holds::here().empty())) {
        return counted_claim(m).attempt_once();
    }
    return libc::try_lock(&m);
}

int unlock_mutex(libc::mutex& m) noexcept {
    bool is_last = true;
    if (libc::counts_by_thread(m) && !task_holds::here().empty()) {
        if (task_hold* const hold = hold_of(m)) {
            if (hold->task != detail::running_task_id()) {
                return EPERM;
            }
            is_last = --hold->depth == 0;
            if (is_last) {
                task_holds::here().remove(&m);
            }
        }
    }
    const bool thread_waits = libc::thread_waits(m);
    const int result = libc::unlock(&m);
    if (anyone_claims(claimed::mutex) && is_last && result == 0) {
        released(&m, thread_waits);
    }
    return result;
}

} // namespace weft::interpose
