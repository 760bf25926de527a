// SPDX-License-Identifier: BSL-1.0
//
// libc's control word is 0 at first, 2 once the routine has returned, and while it runs 1 plus a
// number of the process's, which tells a child of a fork that nobody runs it any more.
#include "interpose/hook.hpp"
#include "interpose/threads/alias.hpp"
#include "interpose/threads/libc_threads.hpp"
#include "interpose/threads/onces.hpp"
#include "interpose/threads/parked_call.hpp"
#include "interpose/threads/task_waits.hpp"

#include <climits>

#include <atomic>
#include <cerrno>
#include <linux/futex.h>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

// libstdc++'s call_once() hands its function over in these.
namespace std {
extern __thread void* __once_callable;
extern __thread void (*__once_call)();
} // namespace std

using namespace weft::interpose;

namespace {

using routine = void (*)();

constexpr int not_begun = 0;
constexpr int done = 2;

constinit waiting_count waiting_tasks;

std::atomic_ref<int> word_of(pthread_once_t& control) noexcept {
    return std::atomic_ref<int>(control);
}

// What libc writes into the word in this process while the routine runs.
int in_progress() noexcept {
    static constinit std::atomic<int> known = 0;
    int mark = known.load(std::memory_order_relaxed);
    if (mark == 0) {
        static thread_local pthread_once_t probe;
        static thread_local int seen;
        probe = PTHREAD_ONCE_INIT;
        libc::once(&probe, [] { seen = probe; });
        mark = seen;
        known.store(mark, std::memory_order_relaxed);
    }
    return mark;
}

void tell_tasks(pthread_once_t& control) noexcept {
    if (waiting_tasks.any_behind_barrier()) {
        weft::detail::unpark_all(&control);
    }
}

void tell_threads(pthread_once_t& control) noexcept {
    const int error_number = errno;
    ::syscall(SYS_futex, &control, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
    errno = error_number;
}

// Ends the routine's run: not begun, if it is left by an exception.
class running_routine {
  public:
    explicit running_routine(pthread_once_t& control) noexcept : control_(control) {}
    ~running_routine() {
        word_of(control_).store(end_, std::memory_order_release);
        tell_threads(control_);
        tell_tasks(control_);
    }
    running_routine(const running_routine&) = delete;
    running_routine& operator=(const running_routine&) = delete;

    void returned() noexcept { end_ = done; }

  private:
    pthread_once_t& control_;
    int end_ = not_begun;
};

// Other tasks of the thread use call_once(), too, while this one waits.
class call_once_kept {
  public:
    call_once_kept() noexcept : callable_(std::__once_callable), call_(std::__once_call) {}
    ~call_once_kept() {
        std::__once_callable = callable_;
        std::__once_call = call_;
    }
    call_once_kept(const call_once_kept&) = delete;
    call_once_kept& operator=(const call_once_kept&) = delete;

  private:
    void* const callable_;
    void (*const call_)();
};

void wait_while(pthread_once_t& control, int value) {
    const call_once_kept kept;
    const waiting_count::scope counted(waiting_tasks);
    weft::detail::park(place_of("pthread_once", &control), [&]() noexcept {
        return word_of(control).load(std::memory_order_acquire) == value;
    });
}

void run_as_task(pthread_once_t& control, routine f) {
    const int mark = in_progress();
    for (;;) {
        int seen = word_of(control).load(std::memory_order_acquire);
        while ((seen & done) == 0 && seen != mark) {
            // Not begun, or begun by a process that forked meanwhile.
            if (word_of(control).compare_exchange_weak(seen, mark, std::memory_order_acquire)) {
                running_routine run(control);
                f();
                run.returned();
                return;
            }
        }
        if ((seen & done) != 0) {
            return;
        }
        wait_while(control, mark);
    }
}

// What libc does, and then whoever waits as a task hears of it, also when the routine throws.
int run_in_libc(pthread_once_t& control, routine f) {
    struct teller {
        pthread_once_t& control;
        ~teller() { tell_tasks(control); }
    };
    const teller t{control};
    return libc::once(&control, f);
}

} // namespace

int weft::interpose::run_once(pthread_once_t& control, routine f, const void* caller) {
    if ((word_of(control).load(std::memory_order_acquire) & done) != 0) [[likely]] {
        return 0;
    }
    if (!is_task() || never_waits_as_task(caller)) {
        return run_in_libc(control, f);
    }
    run_as_task(control, f);
    return 0;
}

WEFT_DEFINE(int, pthread_once, (pthread_once_t * control, routine f)) {
    return run_once(*control, f, __builtin_return_address(0));
}

WEFT_ALIAS(pthread_once, __pthread_once)
