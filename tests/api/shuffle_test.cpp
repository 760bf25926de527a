// SPDX-License-Identifier: BSL-1.0
//
// run({.shuffle_seed}): the same seed gives the same order, different ones different orders, and
// every order that comes is a legal one.
#include "tests/support/api_fixture.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

using shuffle_test = ordered_api_test;

// What a program of many tasks, waits and timers did, in order, as one number (FNV-1a).
std::uint64_t trace_hash(std::optional<std::uint64_t> seed) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto note = [&hash](std::uint64_t what) { hash = (hash ^ what) * 0x100000001b3; };
    weft::run({.shuffle_seed = seed, .virtual_time = true}, [&] {
        queue<std::uint64_t> q(2);
        mutex m;
        with_task_group([&](task_group& group) {
            for (std::uint64_t i = 0; i < 8; ++i) {
                group.spawn([&, i] {
                    yield();
                    note(i);
                    sleep_for(1s); // ties
                    q.put(i);
                    const std::lock_guard lock(m);
                    note(10 + i);
                    yield();
                });
                group.spawn([&] {
                    const std::uint64_t item = q.get();
                    note(20 + item);
                    sleep_for(std::chrono::milliseconds(item % 3));
                    note(30 + item);
                });
            }
        });
    });
    return hash;
}

// The order in which the tasks that `start` spawns write into the log, under one seed.
template <class Start>
std::string order_under(std::uint64_t seed, Start start) {
    std::string log;
    weft::run({.shuffle_seed = seed, .virtual_time = true}, [&] { start(log); });
    return log;
}

// All orders that so many seeds give.
template <class Start>
std::set<std::string> orders_of(Start start) {
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        orders.insert(order_under(seed, start));
    }
    return orders;
}

void spawn_writer(std::vector<task<void>>& tasks, std::string& log, char c) {
    tasks.push_back(spawn([&log, c] { log += c; }));
}

TEST_F(shuffle_test, the_same_seed_gives_the_same_order) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        EXPECT_EQ(trace_hash(seed), trace_hash(seed)) << "seed " << seed;
    }
}

TEST_F(shuffle_test, different_seeds_give_different_orders) {
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        hashes.insert(trace_hash(seed));
    }
    EXPECT_GE(hashes.size(), 19U);
    EXPECT_EQ(hashes.count(trace_hash({})), 0U);
}

TEST_F(shuffle_test, without_a_seed_the_order_is_that_of_coming) {
    EXPECT_EQ(trace_hash({}), trace_hash({}));
}

TEST_F(shuffle_test, every_order_of_ready_tasks_comes) {
    const auto orders = orders_of([](std::string& log) {
        std::vector<task<void>> tasks;
        for (const char c : {'a', 'b', 'c', 'd'}) {
            spawn_writer(tasks, log, c);
        }
        for (auto& t : tasks) {
            t.get();
        }
    });
    EXPECT_EQ(orders.size(), 24U);
}

TEST_F(shuffle_test, tasks_of_the_next_turn_do_not_overtake) {
    const auto orders = orders_of([](std::string& log) {
        auto a = spawn([&] {
            log += 'a';
            yield();
            log += 'A';
        });
        auto b = spawn([&] {
            log += 'b';
            yield();
            log += 'B';
        });
        a.get();
        b.get();
    });
    EXPECT_EQ(orders, (std::set<std::string>{"abAB", "abBA", "baAB", "baBA"}));
}

TEST_F(shuffle_test, timers_come_in_order_of_time_and_ties_in_any) {
    const auto orders = orders_of([](std::string& log) {
        const auto begin = loop_time();
        std::vector<task<void>> tasks;
        for (const auto& [c, when] : {std::pair('a', 2s), std::pair('b', 1s), std::pair('c', 2s)}) {
            tasks.push_back(spawn([&log, c = c, until = begin + when] {
                sleep_until(until);
                log += c;
            }));
        }
        for (auto& t : tasks) {
            t.get();
        }
    });
    EXPECT_EQ(orders, (std::set<std::string>{"bac", "bca"}));
}

TEST_F(shuffle_test, callbacks_keep_their_order) {
    const auto orders = orders_of([](std::string& log) {
        loop& l = running_loop();
        for (const char c : {'1', '2', '3'}) {
            l.call_soon([&log, c] { log += c; });
        }
        auto t = spawn([&log] { log += 't'; });
        yield();
        t.get();
    });
    EXPECT_EQ(orders, (std::set<std::string>{"123t", "12t3", "1t23", "t123"}));
}

TEST_F(shuffle_test, fair_primitives_stay_fair) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const std::string log = order_under(seed, [](std::string& text) {
            semaphore s(0);
            std::vector<task<void>> tasks;
            for (const char c : {'a', 'b', 'c'}) {
                tasks.push_back(spawn([&, c] {
                    s.acquire();
                    text += c;
                }));
                yield(); // they begin to wait one after the other
            }
            for (int i = 0; i < 3; ++i) {
                s.release();
                yield();
            }
            for (auto& t : tasks) {
                t.get();
            }
        });
        EXPECT_EQ(log, "abc") << "seed " << seed;
    }
}

class environment {
  public:
    explicit environment(const char* seed) { ::setenv("WEFT_SHUFFLE_SEED", seed, 1); }
    ~environment() { ::unsetenv("WEFT_SHUFFLE_SEED"); }
};

TEST_F(shuffle_test, the_environment_sets_the_seed) {
    const auto seventh = trace_hash(7);
    const environment seed("7");
    EXPECT_EQ(trace_hash({}), seventh);
    EXPECT_EQ(trace_hash(8), trace_hash(8)); // the program's own wins
    EXPECT_NE(trace_hash(8), seventh);
}

TEST_F(shuffle_test, an_environment_that_makes_no_sense_is_refused) {
    for (const char* text : {"seven", "-1", "1.5", "99999999999999999999999"}) {
        const environment seed(text);
        EXPECT_EQ(text_of<std::invalid_argument>([] { weft::run([] {}); }),
                  "weft::run: WEFT_SHUFFLE_SEED is \"" + std::string(text) +
                      "\"; give a number from 0 to 2^64-1, or unset it");
    }
    const environment empty("");
    weft::run([] {});
}

} // namespace
} // namespace weft::test
