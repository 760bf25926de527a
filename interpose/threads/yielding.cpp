// SPDX-License-Identifier: BSL-1.0
//
// libc's names for letting others run. On a task those are the other tasks first of all: who waits
// for one of them in a loop would wait for ever otherwise.
#include "interpose/hook.hpp"
#include "interpose/threads/alias.hpp"
#include "interpose/threads/libc_threads.hpp"
#include "interpose/threads/task_waits.hpp"

#include <weft/posix.hpp>

using namespace weft::interpose;

namespace {

template <class InLibc>
int let_others_run(const void* caller, InLibc in_libc) {
    if (!is_task() || never_waits_as_task(caller)) {
        return in_libc();
    }
    const timespec none{};
    weft::posix::nanosleep(&none, nullptr);
    return 0;
}

} // namespace

WEFT_DEFINE(int, sched_yield, ()) {
    return let_others_run(__builtin_return_address(0), &original<"sched_yield", int()>::call);
}

WEFT_DEFINE(int, pthread_yield, ()) {
    return let_others_run(__builtin_return_address(0), &original<"sched_yield", int()>::call);
}

WEFT_DEFINE(void, thrd_yield, ()) {
    let_others_run(__builtin_return_address(0), &original<"sched_yield", int()>::call);
}

WEFT_ALIAS(sched_yield, __sched_yield)
