// SPDX-License-Identifier: BSL-1.0
// What a process costs, seen from outside it: processor time and memory, the kernel's share
// included.
//
// Invariant: nothing here runs in the measured process. Processor time is the scheduler's own count
// in nanoseconds (user and kernel, all threads, those that ended too), not the 10 ms ticks of
// /proc/PID/stat.
#pragma once

#include <chrono>
#include <cstdint>

#include <sys/types.h>

namespace bench {

std::chrono::nanoseconds processor_time(pid_t pid);

// Bytes. The first two belong to the process. The kernel keeps the next two for the whole machine
// only, so they mean something as a difference while nothing else goes on.
struct memory_sample {
    std::int64_t resident = 0;      // user memory: Rss of /proc/PID/smaps_rollup
    std::int64_t page_tables = 0;   // VmPTE of /proc/PID/status
    std::int64_t kernel_stacks = 0; // KernelStack of /proc/meminfo
    std::int64_t slab = 0;          // Slab of /proc/meminfo: sockets, thread descriptors, mappings
    std::int64_t threads = 0;       // a count, of the process
};

// The difference of two samples. A process that gained no thread gained no kernel stack either:
// what the machine's count says then is somebody else's.
memory_sample operator-(const memory_sample& after, const memory_sample& before);

// memory_of waits for at most half a second until the kernel's counts stand still: what earlier
// processes left is freed some time after their end.
memory_sample memory_of(pid_t pid);

} // namespace bench
