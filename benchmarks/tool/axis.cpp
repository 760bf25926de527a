// SPDX-License-Identifier: BSL-1.0
// axis: see the header.
#include "benchmarks/tool/axis.hpp"

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

// nice_step returns 1, 2 or 5 times a power of ten, so that about `count` steps make `length`.
double nice_step(double length, int count) {
    const double raw = length / count;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    for (const double step : {1.0, 2.0, 5.0})
        if (raw <= step * power * 1.0001)
            return step * power;
    return 10 * power;
}

} // namespace

axis axis::linear_from_zero(double highest, double start, double end) {
    const double top = highest > 0 ? highest : 1;
    const double step = nice_step(top, 4);
    const auto steps = static_cast<int>(std::ceil(top / step - 1e-9));
    axis self(false, 0, step * steps, start, end);
    for (int tick = 0; tick <= steps; ++tick)
        self.ticks_.push_back(step * tick);
    return self;
}

axis axis::logarithmic(double lowest, double highest, double start, double end, int most) {
    // The axis ends at the nearest of 1, 2, 5, 10 ... on either side.
    std::vector<double> marks;
    constexpr int least_power = -9;
    constexpr std::size_t one_at = 3 * -least_power;
    for (int power = least_power; power <= 12; ++power)
        for (const double factor : {1.0, 2.0, 5.0})
            marks.push_back(factor * std::pow(10, power));
    std::size_t first = 0;
    while (first + 1 < marks.size() && marks[first + 1] <= lowest * 1.0001)
        ++first;
    std::size_t last = first + 1;
    while (last + 1 < marks.size() && marks[last] < highest * 0.9999)
        ++last;
    const bool only_powers = static_cast<int>(last - first) + 1 > most;
    if (only_powers && last / 3 == (first + 2) / 3) { // just one of them: on to the next ones
        first -= first % 3;
        last += (3 - last % 3) % 3;
    }
    axis self(true, marks[first], marks[last], start, end);
    const std::size_t powers = (last - first) / 3 + 1;
    const std::size_t stride =
        only_powers
            ? 3 * ((powers + static_cast<std::size_t>(most) - 1) / static_cast<std::size_t>(most))
            : 1;
    // 1 is a multiple of the stride away, so that it is a tick wherever it is on the axis.
    for (std::size_t i = first; i <= last; ++i)
        if (i % stride == one_at % stride)
            self.ticks_.push_back(marks[i]);
    return self;
}

axis axis::ordinal(std::size_t count, double start, double end) {
    axis self(false, 0.75, static_cast<double>(count) + 0.25, start, end);
    for (std::size_t tick = 1; tick <= count; ++tick)
        self.ticks_.push_back(static_cast<double>(tick));
    return self;
}

double axis::place(double value) const {
    double share = 0;
    if (logarithmic_)
        share = std::log(std::max(value, low_) / low_) / std::log(high_ / low_);
    else
        share = (value - low_) / (high_ - low_);
    return start_ + std::clamp(share, 0.0, 1.0) * (end_ - start_);
}

} // namespace bench
