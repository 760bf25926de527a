// SPDX-License-Identifier: BSL-1.0
// What gathering costs: 100 callables that return at once, and their values in order. Boost.Fiber
// has no gather; its users write a loop of async and a loop of get.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

namespace {

using namespace micro;

constexpr std::int64_t width = 100;

bool sum_is_right(const answer& got, std::int64_t operations) {
    return got.check <= operations * (width - 1) / 2 + width * width;
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "gathering", .rounds = 9};
    what.scenarios = {
        {.name = "gather",
         .title = "gather 100 callables that return at once",
         .columns = {{cpu_counter, "CPU ns/child"}, {"", "wall ns"}},
         .entrants = runtimes({"weft", "Boost.Fiber", "Go", "asyncio", "uvloop"}, "gather_100",
                              process::kept, 0, sum_is_right)},
    };
    what.bars = {{"gather", cpu_counter, "Boost.Fiber", 1.0 / 4, "gather of 100"}};
    return run_plan(argc, argv, what);
}
