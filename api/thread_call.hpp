// SPDX-License-Identifier: BSL-1.0
//
// What the library itself does in threads: to_thread() with a pool of its choice.
#pragma once

#include "api/loop_core.hpp"
#include "api/loop_threads.hpp"

#include <weft/thread_pool.hpp>

#include <memory>
#include <utility>

namespace weft::detail {

// Runs call->run() on a thread of that pool, as the public run_in_thread() does on a program's.
std::unique_ptr<thread_call> run_in_thread(std::unique_ptr<thread_call> call,
                                           reactor::thread_pool& threads, task_core& self,
                                           const char* name);

// f(args...) on a thread of the loop's own; blocks the running task. Cancelled, the task leaves at
// once and what f makes of it is destroyed on the loop's thread, so f owns all that it uses.
template <class F, class... Args>
thread_result<F, Args...> call_in_thread(thread_use use, const char* name, F&& f, Args&&... args) {
    using made = thread_call_of<thread_result<F, Args...>, std::decay_t<F>, std::decay_t<Args>...>;
    task_core& self = require_running_task(name);
    const auto done =
        run_in_thread(std::make_unique<made>(std::forward<F>(f), std::forward<Args>(args)...),
                      self.loop()->threads(use), self, name);
    return static_cast<made&>(*done).take();
}

} // namespace weft::detail
