// SPDX-License-Identifier: BSL-1.0
// Many times, and what share of them was not exceeded.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

namespace bench {

class latencies {
  public:
    void add(std::chrono::nanoseconds time) {
        times_.push_back(time);
        sorted_ = false;
    }
    void add(const latencies& others) {
        times_.insert(times_.end(), others.times_.begin(), others.times_.end());
        sorted_ = false;
    }
    std::size_t count() const { return times_.size(); }

    // not_exceeded_by: the time that this share (0 ... 1) needed at most, in microseconds. Nothing
    // where no time of these lies beyond it: a maximum is no percentile.
    std::optional<double> not_exceeded_by(double share) {
        const auto rank =
            static_cast<std::size_t>(std::ceil(share * static_cast<double>(times_.size()) - 1e-9));
        if (rank == 0 || rank >= times_.size())
            return std::nullopt;
        return at(rank - 1);
    }
    std::optional<double> longest() {
        return times_.empty() ? std::nullopt : std::optional(at(times_.size() - 1));
    }

  private:
    double at(std::size_t index) {
        if (!sorted_)
            std::sort(times_.begin(), times_.end());
        sorted_ = true;
        return std::chrono::duration<double, std::micro>(times_[index]).count();
    }

    std::vector<std::chrono::nanoseconds> times_;
    bool sorted_ = false;
};

} // namespace bench
