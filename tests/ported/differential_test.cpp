// SPDX-License-Identifier: BSL-1.0
//
// Random programs of descriptor operations, each run twice: with threads, for which the calls are
// libc's own, and with tasks, for which they are weft's. What the programs see must be the same.
//
// WEFT_DIFFERENTIAL_SEEDS says how many programs, from WEFT_TEST_SEED on; with
// WEFT_DIFFERENTIAL_TRACE set, each step is printed when it has been made.
#include "tests/ported/descriptor_program.hpp"
#include "tests/support/net_streams.hpp"
#include "tests/support/random_seed.hpp"
#include "tests/support/sanitized.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace weft::test {
namespace {

constexpr int steps = 150;
using seen = std::vector<std::string>;

int programs_to_try() {
    const char* given = std::getenv("WEFT_DIFFERENTIAL_SEEDS");
    return given != nullptr ? std::atoi(given) : sanitized ? 30 : 200;
}

class differential : public net_test {
  protected:
    static void compare(seen (*as_it_should_be)(unsigned), seen (*under_test)(unsigned),
                        int programs = programs_to_try());
};

// Both begin at once.
seen with_threads(unsigned seed) {
    descriptor_program program(seed, [](const auto& first, const auto& second) {
        std::thread one(first);
        std::thread other(second);
        one.join();
        other.join();
    });
    return program.run(steps);
}

// The one that waits begins first, and the other one a moment later, or the other way round.
template <class Spawn>
beside one_after_the_other(unsigned seed, Spawn spawn, void (*moment)()) {
    return [=](const auto& first, const auto& second) {
        auto one = spawn(seed % 2 == 0 ? first : second);
        moment();
        auto other = spawn(seed % 2 == 0 ? second : first);
        one.join();
        other.join();
    };
}

seen with_threads_in_turn(unsigned seed) {
    descriptor_program program(
        seed, one_after_the_other(
                  seed, [](const auto& body) { return std::thread(body); }, [] { ::usleep(100); }));
    return program.run(steps);
}

// A task, with a thread's name for the wait for its end.
struct joined_task {
    void join() { running.get(); }
    task<void> running;
};

seen with_tasks(unsigned seed) {
    return weft::run([&] {
        descriptor_program program(
            seed, one_after_the_other(
                      seed, [](const auto& body) { return joined_task{spawn(body)}; },
                      [] {
                          yield();
                          yield();
                      }));
        return program.run(steps);
    });
}

// What a program that hangs is told by, before SIGALRM ends it.
char seed_under_test[100];

void name_the_seed(int) {
    const auto written = ::write(2, seed_under_test, std::strlen(seed_under_test));
    ::_exit(written > 0 ? 1 : 2);
}

void differential::compare(seen (*as_it_should_be)(unsigned), seen (*under_test)(unsigned),
                           int programs) {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGALRM, name_the_seed);
    const unsigned first = random_seed();
    for (unsigned seed = first; seed < first + unsigned(programs); ++seed) {
        std::snprintf(seed_under_test, sizeof(seed_under_test),
                      "hangs: repeat with WEFT_DIFFERENTIAL_SEEDS=1 WEFT_TEST_SEED=%u\n", seed);
        ::alarm(20);
        const seen expected = as_it_should_be(seed);
        const seen got = under_test(seed);
        const auto [one, other] = std::mismatch(expected.begin(), expected.end(), got.begin());
        if (one != expected.end()) {
            ADD_FAILURE() << "it should be  " << *one << "\nit is         " << *other << "\n"
                          << "repeat with WEFT_DIFFERENTIAL_SEEDS=1 WEFT_TEST_SEED=" << seed;
            break;
        }
    }
    ::signal(SIGALRM, SIG_DFL);
}

TEST_F(differential, tasks_see_what_threads_see) {
    compare(with_threads, with_tasks);
}

// The test's own assumption.
TEST_F(differential, threads_see_the_same_whichever_begins) {
    compare(with_threads, with_threads_in_turn, std::max(1, programs_to_try() / 10));
}

} // namespace
} // namespace weft::test
