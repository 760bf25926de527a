// SPDX-License-Identifier: BSL-1.0
// What is running and how long it will take yet, on stderr: one line updated in place on a
// terminal; elsewhere a plain line at a step's beginning, but not more often than every few
// seconds.
//
// Invariant: the line is gone from the terminal when the object is, so that results start on a
// clean one. The time left is the plan's own estimate, corrected by how the steps so far went.
#pragma once

#include <chrono>
#include <string>

namespace bench {

class progress {
  public:
    using seconds = std::chrono::duration<double>;

    explicit progress(seconds planned);
    ~progress();
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    void begin_step(std::string label, seconds estimate);
    void end_step();
    void replan(seconds left); // what is known by now about the time from here on
    void tick();               // redraws; cheap, called often

  private:
    seconds left() const;
    void clear_line();

    using clock = std::chrono::steady_clock;
    bool terminal_;
    seconds planned_;
    seconds planned_done_{0};
    seconds step_estimate_{0};
    clock::time_point began_ = clock::now();
    clock::time_point pace_since_ = began_;
    clock::time_point step_started_ = clock::now();
    clock::time_point last_line_{};
    std::string label_;
};

} // namespace bench
