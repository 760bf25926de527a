// SPDX-License-Identifier: BSL-1.0
//
// libc's names for read-write locks. As with mutexes libc's lock is the truth; which task has it
// for writing is in task_holds, because libc knows only the thread.
#include "interpose/hook.hpp"
#include "interpose/threads/alias.hpp"
#include "interpose/threads/claims.hpp"
#include "interpose/threads/deadlines.hpp"
#include "interpose/threads/libc_threads.hpp"
#include "interpose/threads/short_lock.hpp"
#include "interpose/threads/task_holds.hpp"
#include "interpose/threads/task_waits.hpp"

#include <cerrno>
#include <cstdint>
#include <mutex>

using namespace weft::interpose;

namespace {

using rwlock = pthread_rwlock_t;

// The task of this thread that writes; null: none.
task_hold* hold_of(rwlock& l) noexcept {
    task_holds& holds = task_holds::here();
    task_hold* hold = holds.find(&l);
    if (hold != nullptr && !libc::is_written_by_this_thread(l)) {
        holds.remove(&l);
        return nullptr;
    }
    return hold;
}

// Whether the caller itself, a task or what runs on the thread outside of tasks, writes.
bool would_wait_for_itself(rwlock& l, std::uint64_t task) noexcept {
    if (!libc::is_written_by_this_thread(l)) {
        return false;
    }
    const task_hold* const hold = hold_of(l);
    return hold == nullptr || hold->task == task;
}

// A task that waits to write, at a lock that prefers writers: libc does not know of it, so it is up
// to the readers among the tasks to let it go first.
class preferred_writer {
  public:
    explicit preferred_writer(rwlock& l) noexcept : lock_(libc::prefers_writers(l) ? &l : nullptr) {
        if (lock_ != nullptr) {
            const std::lock_guard guard(list_lock_);
            next_ = first_;
            first_ = this;
        }
    }
    ~preferred_writer() {
        if (lock_ != nullptr) {
            leave();
            released(lock_, false); // it may have given up
        }
    }
    preferred_writer(const preferred_writer&) = delete;
    preferred_writer& operator=(const preferred_writer&) = delete;

    static bool waits_for(const rwlock& l) noexcept {
        if (!libc::prefers_writers(l)) {
            return false;
        }
        const std::lock_guard guard(list_lock_);
        const preferred_writer* writer = first_;
        while (writer != nullptr && writer->lock_ != &l) {
            writer = writer->next_;
        }
        return writer != nullptr;
    }

  private:
    void leave() noexcept {
        const std::lock_guard guard(list_lock_);
        preferred_writer** link = &first_;
        while (*link != this) {
            link = &(*link)->next_;
        }
        *link = next_;
    }

    // Taken with a parking bucket locked, never the other way round.
    static constinit inline short_lock list_lock_;
    static constinit inline preferred_writer* first_ = nullptr;

    rwlock* const lock_; // null: no writer is preferred
    preferred_writer* next_ = nullptr;
};

class lock_claim : public claim {
  public:
    lock_claim(const char* call, rwlock& l) noexcept : claim(claimed::rwlock, call, &l), lock_(l) {}
    bool may_be_released_unseen() const noexcept override { return libc::is_shared(lock_); }

  protected:
    ~lock_claim() = default;

    rwlock& lock_;
    const std::uint64_t task_ = weft::detail::running_task_id();
};

class read_claim final : public lock_claim {
  public:
    explicit read_claim(rwlock& l) noexcept : lock_claim("pthread_rwlock_rdlock", l) {}

    int attempt() noexcept override {
        if (would_wait_for_itself(lock_, task_)) {
            return EDEADLK;
        }
        return libc::try_read_lock(&lock_);
    }
    bool is_for_thread() const noexcept override { return false; }
    bool is_shared() const noexcept override { return true; }
    bool lets_others_first() const noexcept override { return preferred_writer::waits_for(lock_); }
};

class write_claim final : public lock_claim {
  public:
    explicit write_claim(rwlock& l) noexcept
        : lock_claim("pthread_rwlock_wrlock", l), has_room_(task_holds::here().reserve()) {}
    ~write_claim() {
        if (has_room_) {
            task_holds::here().unreserve();
        }
    }
    write_claim(const write_claim&) = delete;
    write_claim& operator=(const write_claim&) = delete;

    int attempt() noexcept override {
        return would_wait_for_itself(lock_, task_) ? EDEADLK : attempt_once();
    }
    int attempt_once() noexcept {
        if (!has_room_) {
            return EAGAIN;
        }
        const int result = libc::try_write_lock(&lock_);
        if (result == 0) {
            task_holds::here().add(&lock_, task_);
        }
        return result;
    }

  private:
    const bool has_room_;
};

int wait_for_lock(lock_claim& c, int first_attempt, const time_limit& limit) {
    return first_attempt == EBUSY ? wait_for(c, deadline_of(limit)) : first_attempt;
}

// libc looks at the time before anything else.
int check(const time_limit& limit) noexcept {
    const bool is_right = limit.at == nullptr || (is_waitable(limit.clock) && is_valid(*limit.at));
    return is_right ? 0 : EINVAL;
}

template <class InLibc>
int read_lock(rwlock& l, const time_limit& limit, const void* caller, InLibc in_libc) {
    if (!is_task()) [[likely]] {
        return in_libc();
    }
    if (const int wrong = check(limit)) {
        return wrong;
    }
    read_claim c(l);
    const int result = c.lets_others_first() ? EBUSY : c.attempt();
    if (result == EBUSY && never_waits_as_task(caller)) {
        return in_libc();
    }
    return wait_for_lock(c, result, limit);
}

// A task has it that blocked its thread for it. Without memory nobody knows.
void note_hold_in_libc(rwlock& l) noexcept {
    const std::uint64_t task = weft::detail::running_task_id();
    if (task != 0 && task_holds::here().reserve()) {
        task_holds::here().add(&l, task);
        task_holds::here().unreserve();
    }
}

template <class InLibc>
int write_lock_in_libc(rwlock& l, InLibc in_libc) {
    const int result = in_libc();
    if (result == 0) {
        note_hold_in_libc(l);
    }
    return result;
}

template <class InLibc>
int write_lock(rwlock& l, const time_limit& limit, const void* caller, InLibc in_libc) {
    if (!is_task()) [[likely]] {
        return write_lock_in_libc(l, in_libc);
    }
    if (const int wrong = check(limit)) {
        return wrong;
    }
    write_claim c(l);
    const int result = c.attempt();
    if (result == EBUSY && never_waits_as_task(caller)) {
        return write_lock_in_libc(l, in_libc);
    }
    const preferred_writer writer(l);
    return wait_for_lock(c, result, limit);
}

} // namespace

WEFT_DEFINE(int, pthread_rwlock_rdlock, (rwlock * l)) {
    return read_lock(*l, {}, __builtin_return_address(0), [&] { return libc::read_lock(l); });
}

WEFT_DEFINE(int, pthread_rwlock_timedrdlock, (rwlock * l, const timespec* at)) {
    return read_lock(*l, {CLOCK_REALTIME, at}, __builtin_return_address(0),
                     [&] { return libc::timed_read_lock(l, at); });
}

WEFT_DEFINE(int, pthread_rwlock_clockrdlock, (rwlock * l, clockid_t clock, const timespec* at)) {
    return read_lock(*l, {clock, at}, __builtin_return_address(0),
                     [&] { return libc::clock_read_lock(l, clock, at); });
}

WEFT_DEFINE(int, pthread_rwlock_wrlock, (rwlock * l)) {
    return write_lock(*l, {}, __builtin_return_address(0), [&] { return libc::write_lock(l); });
}

WEFT_DEFINE(int, pthread_rwlock_timedwrlock, (rwlock * l, const timespec* at)) {
    return write_lock(*l, {CLOCK_REALTIME, at}, __builtin_return_address(0),
                      [&] { return libc::timed_write_lock(l, at); });
}

WEFT_DEFINE(int, pthread_rwlock_clockwrlock, (rwlock * l, clockid_t clock, const timespec* at)) {
    return write_lock(*l, {clock, at}, __builtin_return_address(0),
                      [&] { return libc::clock_write_lock(l, clock, at); });
}

WEFT_DEFINE(int, pthread_rwlock_trywrlock, (rwlock * l)) {
    return weft::detail::running_task_id() != 0 ? write_claim(*l).attempt_once()
                                                : libc::try_write_lock(l);
}

WEFT_DEFINE(int, pthread_rwlock_unlock, (rwlock * l)) {
    if (!task_holds::here().empty()) [[unlikely]] {
        if (const task_hold* const hold = hold_of(*l)) {
            if (hold->task != weft::detail::running_task_id()) {
                return EPERM;
            }
            task_holds::here().remove(l);
        }
    }
    const int result = libc::unlock(l);
    if (anyone_claims(claimed::rwlock) && result == 0) {
        released(l, false);
    }
    return result;
}

WEFT_ALIAS(pthread_rwlock_rdlock, __pthread_rwlock_rdlock)
WEFT_ALIAS(pthread_rwlock_wrlock, __pthread_rwlock_wrlock)
WEFT_ALIAS(pthread_rwlock_trywrlock, __pthread_rwlock_trywrlock)
WEFT_ALIAS(pthread_rwlock_unlock, __pthread_rwlock_unlock)
