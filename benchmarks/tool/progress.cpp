// SPDX-License-Identifier: BSL-1.0
// progress: see the header.
#include "benchmarks/tool/progress.hpp"

#include "benchmarks/tool/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <unistd.h>

namespace bench {

namespace {

constexpr std::chrono::seconds between_lines{3};

} // namespace

progress::progress(seconds planned) : terminal_(is_terminal(STDERR_FILENO)), planned_(planned) {}

progress::~progress() {
    clear_line();
}

void progress::begin_step(std::string label, seconds estimate) {
    label_ = std::move(label);
    step_estimate_ = estimate;
    step_started_ = clock::now();
    if (terminal_) {
        tick();
    } else if (step_started_ - last_line_ > between_lines) {
        last_line_ = step_started_;
        fmt::print(stderr, "{} (about {:.0f} s left)\n", label_, std::ceil(left().count()));
    }
}

void progress::end_step() {
    planned_done_ += step_estimate_;
    step_estimate_ = seconds(0);
}

void progress::replan(seconds left) {
    planned_ = left;
    planned_done_ = seconds(0);
    pace_since_ = clock::now();
}

void progress::tick() {
    if (!terminal_)
        return;
    const double done = std::clamp(1 - left() / (left() + (clock::now() - began_)), 0.0, 1.0);
    std::string line = fmt::format("[{:3.0f}%] {}, about {:.0f} s left", 100 * done, label_,
                                   std::ceil(left().count()));
    const auto width = static_cast<std::size_t>(terminal_width(STDERR_FILENO) - 1);
    if (line.size() > width)
        line.resize(width);
    fmt::print(stderr, "\r{}\x1b[K", line);
    std::fflush(stderr);
}

progress::seconds progress::left() const {
    const seconds elapsed = step_started_ - pace_since_;
    // Early steps say little about the later ones, so the correction grows with what is done.
    const double trust = std::clamp(planned_done_ / planned_ * 4, 0.0, 1.0);
    const double pace = planned_done_.count() > 0 ? elapsed / planned_done_ : 1;
    const seconds planned_left = planned_ - planned_done_;
    const seconds in_step = std::min<seconds>(clock::now() - step_started_, step_estimate_);
    return std::max(seconds(0), planned_left * (1 + trust * (pace - 1)) - in_step);
}

void progress::clear_line() {
    if (terminal_) {
        fmt::print(stderr, "\r\x1b[K");
        std::fflush(stderr);
    }
}

} // namespace bench
