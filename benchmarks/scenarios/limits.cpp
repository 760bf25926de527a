// SPDX-License-Identifier: BSL-1.0
// limits: see the header.
#include "benchmarks/scenarios/limits.hpp"

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

// cgroup_task_limit is the nearest pids.max above this process; empty when none is set.
std::string cgroup_task_limit() {
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const bool unified = line.starts_with("0::");
        const std::size_t version_1 = line.find(":pids:");
        if (!unified && version_1 == std::string::npos)
            continue;
        const std::string root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
        std::string group = line.substr(unified ? 3 : version_1 + 6);
        for (;; group.resize(group.rfind('/'))) {
            std::string limit = first_line(root + group + "/pids.max");
            if (!limit.empty() && limit != "max")
                return limit;
            if (group.find('/') == std::string::npos)
                break;
        }
    }
    return "";
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
        {"processes and threads (cgroup pids.max)", cgroup_task_limit()},
        {"kernel.threads-max", first_line("/proc/sys/kernel/threads-max")},
        {"kernel.pid_max", first_line("/proc/sys/kernel/pid_max")},
        {"vm.max_map_count", first_line("/proc/sys/vm/max_map_count")},
        {"net.core.somaxconn", first_line("/proc/sys/net/core/somaxconn")},
    };
    std::erase_if(all, [](const system_limit& each) { return each.value.empty(); });
    return all;
}

} // namespace bench
