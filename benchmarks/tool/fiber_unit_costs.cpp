// SPDX-License-Identifier: BSL-1.0
// unit_costs: see the header. Here: the fibers.
#include "benchmarks/tool/unit_costs.hpp"

#include <weft/weft.hpp>

namespace bench {

namespace {

using seconds = std::chrono::duration<double>;

double create_and_join(seconds limit) {
    return nanoseconds_each(limit, 1000, [] { weft::spawn([] {}).get(); });
}

// Two tasks take turns: ready tasks run in FIFO order, so each yield of one runs the other, and a
// yield is two switches: there and back.
double switch_by_yield(seconds limit) {
    bool stop = false;
    auto other = weft::spawn([&] {
        while (!stop)
            weft::yield();
    });
    const double there_and_back = nanoseconds_each(limit, 1000, [] { weft::yield(); });
    stop = true;
    other.get();
    return there_and_back / 2;
}

} // namespace

unit_costs fiber_unit_costs(seconds limit) {
    return weft::run([limit] {
        return unit_costs{create_and_join(limit), switch_by_yield(limit), 0};
    });
}

} // namespace bench
