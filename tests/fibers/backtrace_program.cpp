// SPDX-License-Identifier: BSL-1.0
//
// A program for backtrace_gdb.py to stop in: a fiber that has been suspended and resumed and is
// some calls deep, and another one that is suspended.
#include "fibers/scheduler.hpp"
#include "fibers/virtual_port.hpp"

#include <cstdio>

namespace {

using namespace weft::fibers;

// Where the debugger stops.
[[gnu::noinline]] void stop_here(int value) {
    asm volatile("" ::"r"(value) : "memory");
}

[[gnu::noinline]] void go_down(int depth) {
    asm volatile("" : "+r"(depth)); // no clone for each depth
    if (depth > 0) {
        go_down(depth - 1);
    } else {
        stop_here(depth);
    }
    asm volatile("" ::: "memory"); // no tail call
}

struct program_fiber : fiber {
    program_fiber() : fiber(&program_fiber::run) {}
    static void run(fiber& f, bool) noexcept {
        scheduler::on_this_thread()->yield();
        go_down(3);
        static_cast<program_fiber&>(f).mark_ended();
    }
};

} // namespace

int main() {
    virtual_port port;
    scheduler s(port, scheduler_options{});
    program_fiber fibers[2];
    for (program_fiber& f : fibers) {
        if (!s.spawn(f)) {
            return 1;
        }
    }
    const bool never_true = false;
    s.run_until(never_true);
    std::puts("ran to its end");
}
