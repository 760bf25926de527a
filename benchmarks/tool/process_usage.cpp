// SPDX-License-Identifier: BSL-1.0
// process_usage: see the header.
#include "benchmarks/tool/process_usage.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <time.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

// field reads the number in the line "NAME:   123 kB" of a file in /proc; 0 without such a line.
std::int64_t field(const std::string& path, std::string_view name) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':')
            return std::strtoll(line.c_str() + name.size() + 1, nullptr, 10);
    return 0;
}

std::int64_t kib_field(const std::string& path, std::string_view name) {
    return 1024 * field(path, name);
}

memory_sample sample(pid_t pid) {
    const std::string process = "/proc/" + std::to_string(pid);
    std::int64_t resident = kib_field(process + "/smaps_rollup", "Rss");
    if (resident == 0) // kernels before 4.14, or no permission
        resident = kib_field(process + "/status", "VmRSS");
    return {resident, kib_field(process + "/status", "VmPTE"),
            kib_field("/proc/meminfo", "KernelStack"), kib_field("/proc/meminfo", "Slab"),
            field(process + "/status", "Threads")};
}

bool stands_still(const memory_sample& change) {
    constexpr std::int64_t tolerance = 32 * 1024;
    const auto small = [](std::int64_t bytes) { return std::abs(bytes) <= tolerance; };
    return small(change.resident) && small(change.page_tables) && small(change.kernel_stacks) &&
           small(change.slab);
}

} // namespace

std::chrono::nanoseconds processor_time(pid_t pid) {
    clockid_t clock{};
    if (const int error = ::clock_getcpuclockid(pid, &clock))
        throw std::system_error(error, std::system_category(), "clock_getcpuclockid");
    timespec time{};
    if (::clock_gettime(clock, &time) != 0)
        throw std::system_error(errno, std::system_category(), "clock_gettime");
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

memory_sample operator-(const memory_sample& after, const memory_sample& before) {
    const std::int64_t threads = after.threads - before.threads;
    return {after.resident - before.resident, after.page_tables - before.page_tables,
            threads == 0 ? 0 : after.kernel_stacks - before.kernel_stacks, after.slab - before.slab,
            threads};
}

memory_sample memory_of(pid_t pid) {
    const auto limit = std::chrono::steady_clock::now() + 500ms;
    memory_sample last = sample(pid);
    for (;;) {
        std::this_thread::sleep_for(40ms);
        const memory_sample now = sample(pid);
        if (stands_still(now - last) || std::chrono::steady_clock::now() > limit)
            return now;
        last = now;
    }
}

} // namespace bench
