// SPDX-License-Identifier: BSL-1.0
// limits: see the header.
#include "benchmarks/tool/limits.hpp"

#include <algorithm>
#include <fstream>

#include <sys/resource.h>

namespace bench {

namespace {

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::string limit_text(rlim_t value) {
    return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

} // namespace

descriptor_limit raise_descriptor_limit(std::uint64_t needed) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < needed) {
        const rlimit raised{needed, needed};
        ::setrlimit(RLIMIT_NOFILE, &raised); // refused without privilege, or beyond fs.nr_open
    }
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return {needed, limit.rlim_cur};
}

std::vector<system_limit> system_limits() {
    rlimit processes{};
    ::getrlimit(RLIMIT_NPROC, &processes);
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    std::vector<system_limit> all{
        {"descriptors (RLIMIT_NOFILE)", limit_text(descriptors.rlim_cur)},
        {"processes and threads (RLIMIT_NPROC)", limit_text(processes.rlim_cur)},
        {"kernel.threads-max", first_line("/proc/sys/kernel/threads-max")},
        {"kernel.pid_max", first_line("/proc/sys/kernel/pid_max")},
        {"vm.max_map_count", first_line("/proc/sys/vm/max_map_count")},
        {"net.core.somaxconn", first_line("/proc/sys/net/core/somaxconn")},
    };
    std::erase_if(all, [](const system_limit& each) { return each.value.empty(); });
    return all;
}

} // namespace bench
