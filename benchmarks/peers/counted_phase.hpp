// SPDX-License-Identifier: BSL-1.0
// CPU time of a part of a command: where much has to be made ready that nobody wants to count, the
// peer reads its own clock around the rest.
#pragma once

#include "benchmarks/peers/answering.hpp"

#include <cstdint>

#include <time.h>

namespace peers {

// cpu_stopwatch: CPU time of this process since it was made. For a phase that begins with much
// standing ready that nobody wants to count.
class cpu_stopwatch {
  public:
    double nanoseconds() const { return now() - start_; }

  private:
    static double now() {
        timespec used{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
        return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
    }
    double start_ = now();
};

// counted_phase: an answer whose CPU time is that of a phase, and not all since the question.
inline answer counted_phase(const stopwatch& wall, const cpu_stopwatch& cpu,
                            std::int64_t operations, std::int64_t check) {
    double used = cpu.nanoseconds() / static_cast<double>(operations);
    return {.nanoseconds = wall.nanoseconds(), .check = check, .counters = {{"cpu_ns", used}}};
}

// phase: both watches, begun together, for a phase that one task begins and another ends.
class phase {
  public:
    void begin() {
        wall_ = stopwatch();
        cpu_ = cpu_stopwatch();
    }
    void end(std::int64_t operations) { result_ = counted_phase(wall_, cpu_, operations, 0); }
    answer result(std::int64_t check) const {
        answer checked = result_;
        checked.check = check;
        return checked;
    }

  private:
    stopwatch wall_;
    cpu_stopwatch cpu_;
    answer result_;
};

} // namespace peers
