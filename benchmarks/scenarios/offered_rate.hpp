// SPDX-License-Identifier: BSL-1.0
// At which rate a load is offered, so that latencies can be compared: the same rate for all sides
// and sizes of a run, below what the slowest of those that take part can do.
//
// Invariant: for the same sides the rate is chosen once. It is three tenths of what a short closed
// loop showed for the slowest, rounded down to two digits: with ten thousand connections a side may
// do half as much as with those of that loop, and shall still not be near its limit.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

class offered_rate {
  public:
    // probe: a side's answers per second, in a process of its own. Throws where the side is missing
    // or fails: it is not counted then.
    using probe = std::function<double()>;

    void add(const std::string& peer, probe);

    // per_second probes at the first call. `peers`: those of the run; empty: all.
    double per_second(const std::vector<std::string>& peers);

    // of: the rate below a saturation.
    static double of(double saturation);

  private:
    double saturation_of(const std::string& peer); // infinite where it does not take part

    std::map<std::string, probe> probes_;
    std::map<std::string, double> saturations_;
};

} // namespace bench
