// SPDX-License-Identifier: BSL-1.0
// One axis of a chart: which values it spans, where a value lies, which ticks it has.
//
// Invariant: every given value lies within the axis, and there are at least two ticks.
#pragma once

#include <vector>

namespace bench {

class axis {
  public:
    // Values lie between `start` and `end` in the drawing; end < start turns it round.
    static axis linear_from_zero(double highest, double start, double end);
    // No more ticks than `most`: then only powers of ten, then only some of those.
    static axis logarithmic(double lowest, double highest, double start, double end, int most = 8);
    static axis ordinal(std::size_t count, double start, double end); // values are 1, 2 ... count

    double place(double value) const;
    const std::vector<double>& ticks() const { return ticks_; }

  private:
    axis(bool logarithmic, double low, double high, double start, double end)
        : logarithmic_(logarithmic), low_(low), high_(high), start_(start), end_(end) {}

    bool logarithmic_;
    double low_;
    double high_;
    double start_;
    double end_;
    std::vector<double> ticks_;
};

} // namespace bench
