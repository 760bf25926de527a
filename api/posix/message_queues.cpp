// SPDX-License-Identifier: BSL-1.0
//
// Messages and semaphores between processes: System V's, which no descriptor stands for, and
// POSIX's queues, whose descriptors can be watched.
#include "api/posix/descriptor_wait.hpp"
#include "api/posix/moments.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/retrying.hpp"

#include <weft/posix.hpp>

#include <algorithm>
#include <cerrno>
#include <new>
#include <vector>

#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

namespace weft::posix {

using detail::may_suspend;
using detail::retry_while_busy;
using detail::suspended_call;
using reactor::direction;
namespace raw = detail::raw;

// --- System V ---

ssize_t msgrcv(int queue, void* message, std::size_t size, long type, int flags) {
    if (!may_suspend()) {
        return ::msgrcv(queue, message, size, type, flags);
    }
    const auto receive = [&](int f) -> ssize_t {
        const no_suspend here;
        return ::msgrcv(queue, message, size, type, f);
    };
    if ((flags & (IPC_NOWAIT | MSG_COPY)) != 0) {
        return receive(flags);
    }
    return retry_while_busy(
        "msgrcv", ENOMSG, [&] { return receive(flags | IPC_NOWAIT); }, fibers::never,
        suspended_call::restart::no);
}

int msgsnd(int queue, const void* message, std::size_t size, int flags) {
    if (!may_suspend()) {
        return ::msgsnd(queue, message, size, flags);
    }
    const auto send = [&](int f) {
        const no_suspend here;
        return ::msgsnd(queue, message, size, f);
    };
    if ((flags & IPC_NOWAIT) != 0) {
        return send(flags);
    }
    return retry_while_busy(
        "msgsnd", EAGAIN, [&] { return send(flags | IPC_NOWAIT); }, fibers::never,
        suspended_call::restart::no);
}

int semop(int set, ::sembuf* operations, std::size_t count) {
    return may_suspend() ? posix::semtimedop(set, operations, count, nullptr)
                         : ::semop(set, operations, count);
}

int semtimedop(int set, ::sembuf* operations, std::size_t count, const ::timespec* timeout) {
    if (!may_suspend()) {
        return ::semtimedop(set, operations, count, timeout);
    }
    if (timeout != nullptr && !detail::is_valid(*timeout)) {
        errno = EINVAL;
        return -1;
    }
    constexpr std::size_t most_operations = 500; // SEMOPM
    try {
        std::vector<sembuf> now(operations, operations + std::min(count, most_operations + 1));
        for (sembuf& o : now) {
            o.sem_flg |= IPC_NOWAIT;
        }
        const bool waits = std::any_of(operations, operations + now.size(), [](const sembuf& o) {
            return (o.sem_flg & IPC_NOWAIT) == 0;
        });
        const auto operate = [&] {
            const no_suspend here;
            return ::semop(set, waits ? now.data() : operations, now.size());
        };
        if (!waits) {
            return operate();
        }
        const suspended_call call("semtimedop", suspended_call::restart::no);
        const auto deadline =
            timeout != nullptr ? call.deadline_after(detail::to_duration(*timeout)) : fibers::never;
        return retry_while_busy("semop", EAGAIN, operate, deadline, suspended_call::restart::no);
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return -1;
    }
}

// --- POSIX ---

namespace {

// Ends the waits for a queue at a point of the wall clock.
template <class Attempt>
auto wait_for_queue(const char* name, int queue, direction d, const timespec* until,
                    Attempt&& attempt) noexcept {
    timespec past{}; // with which the kernel does not wait, but says that the time is up
    auto r = attempt(&past);
    if (r != -1 || errno != ETIMEDOUT) {
        return r;
    }
    if (until != nullptr && !detail::is_valid(*until)) {
        errno = EINVAL;
        return r;
    }
    suspended_call call(name);
    fibers::time_point deadline = fibers::never;
    if (until != nullptr) {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        deadline = call.deadline_after(detail::to_duration(*until) - detail::to_duration(now));
    }
    for (;;) {
        const auto result = call.wait_for(queue, d, deadline);
        if (result == suspended_call::result::failed) {
            return r;
        }
        r = attempt(&past);
        if (r != -1 || errno != ETIMEDOUT || result == suspended_call::result::timed_out) {
            return r;
        }
    }
}

} // namespace

ssize_t mq_receive(int queue, char* message, std::size_t size, unsigned* priority) {
    return may_suspend() ? posix::mq_timedreceive(queue, message, size, priority, nullptr)
                         : ::mq_receive(queue, message, size, priority);
}

ssize_t mq_timedreceive(int queue, char* message, std::size_t size, unsigned* priority,
                        const ::timespec* until) {
    if (!may_suspend()) {
        return ::mq_timedreceive(queue, message, size, priority, until);
    }
    return wait_for_queue("mq_receive", queue, direction::read, until, [&](const timespec* past) {
        return static_cast<ssize_t>(
            ::syscall(SYS_mq_timedreceive, queue, message, size, priority, past));
    });
}

int mq_send(int queue, const char* message, std::size_t size, unsigned priority) {
    return may_suspend() ? posix::mq_timedsend(queue, message, size, priority, nullptr)
                         : ::mq_send(queue, message, size, priority);
}

int mq_timedsend(int queue, const char* message, std::size_t size, unsigned priority,
                 const ::timespec* until) {
    if (!may_suspend()) {
        return ::mq_timedsend(queue, message, size, priority, until);
    }
    return wait_for_queue("mq_send", queue, direction::write, until, [&](const timespec* past) {
        return static_cast<int>(::syscall(SYS_mq_timedsend, queue, message, size, priority, past));
    });
}

} // namespace weft::posix
