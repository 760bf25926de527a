// SPDX-License-Identifier: BSL-1.0
//
// pthread_barrier_wait() on a task, by libc's own protocol in the barrier, so that tasks and
// threads may meet at the same one: a task counts itself in as a thread does, and parks instead of
// blocking its thread.
//
// The protocol: `in` counts who has come, over all rounds, and so gives everybody a place; a round
// is complete when `round` has reached its last place; who leaves is counted in `out`. When a fixed
// number has come and gone the last to leave sets everything back to zero, and who came in between
// comes once more.
#include "interpose/hook.hpp"
#include "interpose/threads/libc_threads.hpp"
#include "interpose/threads/parked_call.hpp"
#include "interpose/threads/task_waits.hpp"

#include <weft/detail/wait_queue.hpp>

#include <climits>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <linux/futex.h>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace weft::interpose;

namespace {

// glibc's, since 2.23.
struct barrier {
    std::atomic<unsigned> in;
    std::atomic<unsigned> round;
    unsigned count;
    int shared; // 0, or what futex calls for several processes lack
    std::atomic<unsigned> out;
};
static_assert(sizeof(barrier) <= sizeof(pthread_barrier_t));

constexpr unsigned most_in = UINT_MAX / 2;

// Of a barrier of several processes, which do not tell.
constexpr std::chrono::milliseconds longest_shared_wait{10};

constinit waiting_count waiting_tasks;

void wake_threads(const std::atomic<unsigned>& word, int shared) noexcept {
    const int operation = shared != 0 ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE;
    ::syscall(SYS_futex, &word, operation, INT_MAX, nullptr, nullptr, 0);
}

// Sleeps as long as `wanted`, or a while when another process may change that. Both what a round
// and what a reset changes is waited for at the barrier's own address.
template <class Wanted>
void sleep_while(barrier& b, Wanted wanted) {
    auto place = place_of("pthread_barrier_wait", &b);
    while (wanted()) {
        if (b.shared != 0) {
            place.deadline = weft::clock::time_point::max();
            look_again_after(longest_shared_wait, place);
        }
        const waiting_count::scope counted(waiting_tasks);
        weft::detail::park(place, [&]() noexcept { return wanted(); });
    }
}

void wake_tasks(const void* address) noexcept {
    if (waiting_tasks.any()) {
        weft::detail::unpark_all(address);
    }
}

unsigned last_before_reset(const barrier& b) noexcept {
    return most_in - most_in % b.count;
}

// Comes in; the place, once it is one that counts before the next reset.
unsigned enter(barrier& b) {
    for (;;) {
        const unsigned place = b.in.fetch_add(1, std::memory_order_acq_rel) + 1;
        const unsigned last = last_before_reset(b);
        if (place <= last) {
            return place;
        }
        sleep_while(b, [&] { return b.in.load(std::memory_order_relaxed) > last; });
    }
}

// Completes all rounds that the one at this place completes.
void complete_rounds(barrier& b, unsigned place) noexcept {
    unsigned round = b.round.load(std::memory_order_relaxed);
    while (round + b.count <= place) {
        const unsigned complete = place - place % b.count;
        if (b.round.compare_exchange_weak(round, complete, std::memory_order_seq_cst)) {
            wake_threads(b.round, b.shared);
            wake_tasks(&b);
            return;
        }
    }
}

// Goes; the barrier may be gone afterwards, so nothing is looked at but its address.
void leave(barrier& b) noexcept {
    const unsigned last = last_before_reset(b);
    const int shared = b.shared;
    if (b.out.fetch_add(1, std::memory_order_seq_cst) + 1 == last) {
        b.round.store(0, std::memory_order_relaxed);
        b.out.store(0, std::memory_order_relaxed);
        b.in.store(0, std::memory_order_seq_cst);
        wake_threads(b.in, shared);
    }
    wake_tasks(&b);
}

int wait_as_task(barrier& b) {
    const unsigned count = b.count;
    const unsigned place = enter(b);
    complete_rounds(b, place);
    sleep_while(b, [&] { return b.round.load(std::memory_order_acquire) < place; });
    leave(b);
    return place % count == 0 ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

} // namespace

WEFT_DEFINE(int, pthread_barrier_wait, (pthread_barrier_t * b)) {
    if (is_task() && !never_waits_as_task(__builtin_return_address(0))) {
        return wait_as_task(*reinterpret_cast<barrier*>(b));
    }
    const int result = libc::barrier_wait(b);
    wake_tasks(b); // of the round that this thread may have completed
    return result;
}

// libc waits for those who have been let go to have left. Tasks among them may be of this thread.
WEFT_DEFINE(int, pthread_barrier_destroy, (pthread_barrier_t * b)) {
    if (is_task()) {
        auto& mine = *reinterpret_cast<barrier*>(b);
        sleep_while(mine, [&] {
            return mine.out.load(std::memory_order_acquire) !=
                   mine.in.load(std::memory_order_relaxed);
        });
    }
    return original<"pthread_barrier_destroy", int(pthread_barrier_t*)>::call(b);
}
