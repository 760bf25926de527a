// SPDX-License-Identifier: BSL-1.0
//
// libc's names for semaphores. The count stays libc's: a task that finds none parks until a post.
// One that another process may post, of which nobody here is told, is looked at now and then.
#include "interpose/hook.hpp"
#include "interpose/signal_actions.hpp"
#include "interpose/threads/claims.hpp"
#include "interpose/threads/deadlines.hpp"
#include "interpose/threads/libc_threads.hpp"
#include "interpose/threads/task_waits.hpp"

#include <cerrno>
#include <cstdint>

using namespace weft::interpose;

namespace {

class permit_claim final : public claim {
  public:
    explicit permit_claim(sem_t& s) noexcept
        : claim(claimed::semaphore, "sem_wait", &s), semaphore_(s) {}

    int attempt() noexcept override {
        const int error_number = errno;
        int result = 0;
        if (libc::try_wait(&semaphore_) != 0) {
            result = errno == EAGAIN ? EBUSY : errno;
            errno = error_number;
        }
        return result;
    }
    bool is_for_thread() const noexcept override { return false; }
    bool may_be_released_unseen() const noexcept override {
        return libc::is_shared(semaphore_) || program_has_signal_handlers();
    }
    bool fails_when_cancelled() const noexcept override { return true; }

  private:
    sem_t& semaphore_;
};

int failed(int error_number) noexcept {
    errno = error_number;
    return -1;
}

// A wait for a semaphore may end early, by EINTR, and so it may by ECANCELED; other calls of
// pthread's may not fail for such reasons.
template <class InLibc>
int wait_for_permit(sem_t& s, const time_limit& limit, const void* caller, InLibc in_libc) {
    if (!is_task()) [[likely]] {
        return in_libc();
    }
    if (!is_waitable(limit.clock)) {
        return failed(EINVAL);
    }
    permit_claim c(s);
    int result = c.attempt();
    if (result == EBUSY) {
        if (never_waits_as_task(caller)) {
            return in_libc();
        }
        if (limit.at != nullptr && !is_valid(*limit.at)) {
            return failed(EINVAL);
        }
        result = wait_for(c, deadline_of(limit));
    }
    return result == 0 ? 0 : failed(result);
}

} // namespace

WEFT_DEFINE(int, sem_wait, (sem_t * s)) {
    return wait_for_permit(*s, {}, __builtin_return_address(0), [&] { return libc::wait(s); });
}

WEFT_DEFINE(int, sem_timedwait, (sem_t * s, const timespec* at)) {
    return wait_for_permit(*s, {CLOCK_REALTIME, at}, __builtin_return_address(0),
                           [&] { return libc::timed_wait(s, at); });
}

WEFT_DEFINE(int, sem_clockwait, (sem_t * s, clockid_t clock, const timespec* at)) {
    return wait_for_permit(*s, {clock, at}, __builtin_return_address(0),
                           [&] { return libc::clock_wait(s, clock, at); });
}

// May be called in a signal handler, where nothing but libc's post is done: tasks look again.
WEFT_DEFINE(int, sem_post, (sem_t * s)) {
    const bool thread_waits = libc::thread_waits(*s);
    const int result = libc::post(s);
    if (anyone_claims(claimed::semaphore) && result == 0 && !weft::detail::in_signal_handler()) {
        released(s, thread_waits);
    }
    return result;
}
