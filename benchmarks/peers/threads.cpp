// SPDX-License-Identifier: BSL-1.0
// std::thread as a peer: the operating system's threads, all on the one core that every peer gets.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <chrono>
#include <gnu/libc-version.h>
#include <string>

#include <time.h>

namespace {

peers::answer late_sleeps(std::int64_t count) {
    return peers::sample_sleeps(count, peers::nap_span, [] {
        timespec span{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(peers::nap_span).count()};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &span, nullptr);
    });
}

} // namespace

int main() {
    auto commands = peers::handover_commands();
    commands.merge(peers::task_commands());
    commands.emplace("sleep", late_sleeps);
    return peers::answer_commands("std::thread", std::string("glibc-") + gnu_get_libc_version(),
                                  commands);
}
