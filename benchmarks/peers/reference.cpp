// SPDX-License-Identifier: BSL-1.0
// A peer whose answers are known before it is asked, by which weft-bench itself is tested: `work`
// does so many steps, `work_twice` twice as many under the same number.
#include "benchmarks/peers/answering.hpp"

#include <cstdint>

namespace {

using peers::answer;

// Each step needs the one before, so that nothing is left out or done at once.
std::int64_t steps(std::int64_t count) {
    std::uint64_t state = 88'172'645'463'325'252ULL;
    for (std::int64_t i = 0; i < count; ++i) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    return static_cast<std::int64_t>(state != 0);
}

constexpr std::int64_t steps_an_operation = 100;

template <int Times>
answer work(std::int64_t operations) {
    const peers::stopwatch watch;
    const std::int64_t did = steps(operations * steps_an_operation * Times);
    return {.nanoseconds = watch.nanoseconds(), .check = operations * did};
}

} // namespace

int main() {
    return peers::answer_commands("reference", "1", {{"work", work<1>}, {"work_twice", work<2>}});
}
