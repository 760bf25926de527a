// SPDX-License-Identifier: BSL-1.0
//
// Numbers about one loop, for dashboards and for finding out what keeps it busy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft {

// What loop::stats() returns: one moment. The counters only grow and begin with the loop.
struct metrics {
    std::size_t tasks_alive = 0;      // spawned and not done
    std::uint64_t tasks_spawned = 0;  // ever
    std::uint64_t switches = 0;       // how often a task was given the processor
    std::size_t ready = 0;            // tasks and callbacks whose turn comes next
    std::size_t timers = 0;           // sleeps, timeouts, delayed callbacks
    std::size_t descriptors = 0;      // open streams and listeners
    std::size_t descriptor_waits = 0; // tasks and callbacks that wait for a descriptor
    std::size_t stacks_in_use = 0;    // of tasks that have begun and not ended
    std::size_t stacks_pooled = 0;    // kept for the next tasks

    // How long timers and I/O had to wait for what was running: [0] counts the times below a
    // microsecond, [i] those from 2^(i-1) to 2^i microseconds, the last one all longer ones.
    std::array<std::uint64_t, 24> loop_lag{};
    // Steps of tasks that held the loop longer than run_options::slow_step; debug mode only.
    std::uint64_t slow_steps = 0;
};

} // namespace weft
