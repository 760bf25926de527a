// SPDX-License-Identifier: BSL-1.0
//
// Calling something from where tasks are not: on the loop's own stack, on another thread.
#pragma once

#include <weft/weft.hpp>

#include <thread>
#include <utility>

namespace weft::test {

// Runs f in a callback of the running loop, and returns when it has run. What f throws is reported
// and dropped.
template <class F>
void in_a_callback(F f) {
    auto t = spawn([] {});
    bool ran = false;
    t.add_done_callback([&](const task_ref&) {
        ran = true;
        f();
    });
    while (!ran) {
        yield();
    }
}

template <class F>
void on_another_thread(F f) {
    std::thread(std::move(f)).join();
}

} // namespace weft::test
