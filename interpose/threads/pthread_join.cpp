// SPDX-License-Identifier: BSL-1.0
//
// libc's names for joining threads. Nobody is told when a thread ends but who joins it in libc, so
// a task has a thread of its own do that, and parks meanwhile.
#include "interpose/hook.hpp"
#include "interpose/threads/claims.hpp"
#include "interpose/threads/joins.hpp"
#include "interpose/threads/libc_threads.hpp"
#include "interpose/threads/short_lock.hpp"
#include "interpose/threads/task_waits.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>

using namespace weft::interpose;

namespace {

// What libc says, at once: ETIMEDOUT when the thread has not ended.
int join_if_ended(pthread_t thread, void** result) {
    const timespec past{};
    return libc::clock_join(thread, result, CLOCK_MONOTONIC, &past);
}

int join_in_libc(pthread_t thread, void** result, const time_limit& limit) {
    return limit.at == nullptr ? libc::join(thread, result)
                               : libc::clock_join(thread, result, limit.clock, limit.at);
}

// One task's join, on its stack. The helper does not touch it once it is marked as done.
class join_claim final : public claim {
  public:
    join_claim(pthread_t thread, void** result, const time_limit& limit) noexcept
        : claim(claimed::other, "pthread_join", this),
          thread_(thread),
          result_(result),
          limit_(limit) {
        const std::lock_guard guard(list_lock_);
        next_ = first_;
        first_ = this;
    }
    ~join_claim() {
        const std::lock_guard guard(list_lock_);
        join_claim** link = &first_;
        while (*link != this) {
            link = &(*link)->next_;
        }
        *link = next_;
    }
    join_claim(const join_claim&) = delete;
    join_claim& operator=(const join_claim&) = delete;

    // Without success where no thread is to be had; then the thread that is joined is looked at now
    // and then.
    void start_helper() noexcept {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, stack_size);
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_t helper{};
        has_helper_ = pthread_create(&helper, &attributes, &join_claim::help, this) == 0;
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        pthread_attr_destroy(&attributes);
    }

    int attempt() noexcept override {
        if (has_helper_) {
            return end_.load(std::memory_order_acquire);
        }
        const int end = join_if_ended(thread_, result_);
        return end == ETIMEDOUT ? EBUSY : end;
    }
    bool is_for_thread() const noexcept override { return !has_helper_; }
    bool may_be_released_unseen() const noexcept override { return !has_helper_; }

    // Whether a task of the thread `joiner` waits for the end of the thread `joined`.
    static bool any(pthread_t joiner, pthread_t joined) noexcept {
        const std::lock_guard guard(list_lock_);
        for (const join_claim* c = first_; c != nullptr; c = c->next_) {
            if (pthread_equal(c->thread_, joined) != 0 && pthread_equal(c->joiner_, joiner) != 0) {
                return true;
            }
        }
        return false;
    }

  private:
    static constexpr std::size_t stack_size = std::size_t{256} * 1024;

    static void* help(void* self) {
        auto& c = *static_cast<join_claim*>(self);
        const int end = join_in_libc(c.thread_, c.result_, c.limit_);
        c.end_.store(end, std::memory_order_seq_cst);
        released(self, false);
        return nullptr;
    }

    static constinit inline short_lock list_lock_;
    static constinit inline join_claim* first_ = nullptr;

    const pthread_t thread_;
    const pthread_t joiner_ = pthread_self();
    void** const result_;
    const time_limit limit_;
    bool has_helper_ = false;
    std::atomic<int> end_ = EBUSY;
    join_claim* next_ = nullptr;
};

// Waits for each other's end, which libc sees only of threads.
bool would_wait_for_each_other(pthread_t thread) noexcept {
    return join_claim::any(thread, pthread_self());
}

int join_as_task(pthread_t thread, void** result, const time_limit& limit) {
    if (!is_waitable(limit.clock)) {
        return EINVAL;
    }
    const int at_once = join_if_ended(thread, result);
    if (at_once != ETIMEDOUT) {
        return at_once;
    }
    join_claim c(thread, result, limit);
    c.start_helper();
    // With a helper it is libc that minds the time.
    return wait_for(c, c.is_for_thread() ? deadline_of(limit) : weft::clock::time_point::max());
}

} // namespace

int weft::interpose::join_thread(pthread_t thread, void** result, const time_limit& limit) {
    if (limit.at == nullptr && would_wait_for_each_other(thread)) {
        return EDEADLK;
    }
    return is_task() ? join_as_task(thread, result, limit) : join_in_libc(thread, result, limit);
}

WEFT_DEFINE(int, pthread_join, (pthread_t thread, void** result)) {
    return join_thread(thread, result);
}

WEFT_DEFINE(int, pthread_timedjoin_np, (pthread_t thread, void** result, const timespec* at)) {
    return join_thread(thread, result, {CLOCK_REALTIME, at});
}

WEFT_DEFINE(int, pthread_clockjoin_np,
            (pthread_t thread, void** result, clockid_t clock, const timespec* at)) {
    return join_thread(thread, result, {clock, at});
}
