// SPDX-License-Identifier: BSL-1.0
//
// generator: given up early, cancelled, misused.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_counting.hpp"
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/api_stderr.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using generator_end_test = api_test;

// --- given up early ---

TEST_F(generator_end_test, given_up_unwinds_its_body) {
    in_virtual_time([] {
        live_count live;
        {
            ints never_begun([held = live.make()](ints::sink&) {});
            ints g([&](ints::sink& out) {
                const auto held = live.make();
                const at_scope_end blocking([] { sleep_for(1h); });
                out(1);
                ADD_FAILURE();
            });
            g.begin();
            EXPECT_EQ(live.alive(), 2);
        }
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(generator_end_test, given_up_while_its_reader_unwinds_keeps_the_readers_error) {
    in_virtual_time([] {
        bool unwound = false;
        EXPECT_EQ(end_of([&] {
                      ints g([&](ints::sink& out) {
                          const at_scope_end last([&] {
                              sleep_for(1s);
                              unwound = true;
                          });
                          out(1);
                      });
                      g.begin();
                      throw std::runtime_error("readers");
                  }),
                  "error: readers");
        EXPECT_TRUE(unwound);
    });
}

TEST_F(generator_end_test, given_up_cannot_be_kept_alive_by_catching_everything) {
    in_virtual_time([] {
        int caught = 0;
        {
            ints g([&](ints::sink& out) {
                for (int i = 0; i < 3; ++i) {
                    try {
                        out(i);
                    } catch (...) {
                        ++caught;
                    }
                }
            });
            g.begin();
        }
        EXPECT_EQ(caught, 3);
    });
}

TEST_F(generator_end_test, given_up_reports_an_error_of_the_cleanup) {
    stderr_lines said;
    in_virtual_time([] {
        ints g([&](ints::sink& out) {
            try {
                out(1);
            } catch (...) {
                throw std::runtime_error("cleanup failed");
            }
        });
        g.begin();
    });
    EXPECT_EQ(said.lines(), std::vector<std::string>{
                                "weft: exception in a generator that was given up: task 'main': "
                                "std::runtime_error: cleanup failed"});
}

TEST_F(generator_end_test, given_up_keeps_a_cancel_that_comes_meanwhile) {
    in_virtual_time([] {
        bool unwound = false;
        auto t = spawn([&] {
            {
                ints g([&](ints::sink& out) {
                    const at_scope_end slow([&] {
                        sleep_for(1s);
                        unwound = true;
                    });
                    out(1);
                });
                g.begin();
            }
            settle();
        });
        settle();
        t.cancel("meanwhile");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: meanwhile");
        EXPECT_TRUE(unwound);
    });
}

TEST_F(generator_end_test, given_up_in_a_callback_is_unwound_by_a_task) {
    in_virtual_time([] {
        bool unwound = false;
        auto g = std::make_shared<std::optional<ints>>(ints([&](ints::sink& out) {
            const at_scope_end slow([&] {
                sleep_for(1s);
                unwound = true;
            });
            out(1);
        }));
        (*g)->begin();
        auto t = spawn([] {});
        t.add_done_callback([g](const task_ref&) { g->reset(); });
        t.get();
        sleep_for(2s);
        EXPECT_TRUE(unwound);
    });
}

TEST_F(generator_end_test, left_at_the_end_of_run_is_unwound) {
    std::optional<ints> left;
    bool unwound = false;
    weft::run({.virtual_time = true}, [&] {
        left.emplace([&](ints::sink& out) {
            const at_scope_end slow([&] {
                sleep_for(1s);
                unwound = true;
            });
            out(1);
        });
        left->begin();
    });
    EXPECT_TRUE(unwound);
    left.reset();
}

TEST_F(generator_end_test, replaced_by_another_is_unwound) {
    in_virtual_time([] {
        live_count live;
        ints g([&](ints::sink& out) {
            const auto held = live.make();
            out(1);
        });
        g.begin();
        g = count_to(2);
        EXPECT_EQ(live.alive(), 0);
        EXPECT_EQ(read_all(g), (std::vector{1, 2}));
    });
}

// --- cancelled ---

TEST_F(generator_end_test, throws_its_readers_cancel_in_the_body) {
    in_virtual_time([] {
        std::string body;
        auto t = spawn([&] {
            ints g([&](ints::sink& out) {
                body = end_of(sleep_until_cancelled);
                out(1);
                sleep_until_cancelled();
            });
            EXPECT_EQ(*g.begin(), 1); // it swallowed the first one
            read_all(g);
        });
        settle();
        t.cancel("one");
        settle();
        EXPECT_EQ(body, "cancelled: one");
        t.cancel("two");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: two");
    });
}

TEST_F(generator_end_test, cancelled_at_every_turn_leaves_nothing) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        const auto end = attempt.run([&] {
            const auto outer = live.make();
            ints g([&](ints::sink& out) {
                const auto inner = live.make();
                for (int i = 0; i < 3; ++i) {
                    sleep_for(2ms);
                    out(i);
                    yield();
                }
            });
            for ([[maybe_unused]] const int i : g) {
                const auto held = live.make();
                yield();
            }
        });
        EXPECT_EQ(live.alive(), 0);
        EXPECT_EQ(end, attempt.was_cancelled() ? cancel_attempt::outcome::cancelled
                                               : cancel_attempt::outcome::value);
    });
}

// --- misuse ---

TEST_F(generator_end_test, cannot_be_read_in_its_own_body_or_by_two_tasks_at_once) {
    const unshuffled order;
    in_virtual_time([] {
        const std::string refused = "error: weft::generator: the next value was asked for while "
                                    "the body is running; read a generator in one task at a time, "
                                    "and not in its own body";
        std::optional<ints> g;
        g.emplace([&](ints::sink& out) {
            EXPECT_EQ(end_of([&] { g->begin(); }), refused);
            yield();
            out(1);
        });
        auto first = spawn([&] { g->begin(); });
        auto second = spawn([&] { return end_of([&] { g->begin(); }); });
        first.get();
        EXPECT_EQ(second.get(), refused);
    });
}

TEST_F(generator_end_test, has_a_sink_for_the_body_alone) {
    in_virtual_time([] {
        const std::string refused = "error: weft::generator: the sink was called elsewhere than in "
                                    "the body that it was given to";
        ints::sink* escaped = nullptr;
        ints g([&](ints::sink& out) {
            escaped = &out;
            auto child = spawn([&] { return end_of([&] { out(5); }); });
            EXPECT_EQ(child.get(), refused);
            ints inner([&](ints::sink&) { EXPECT_EQ(end_of([&] { out(6); }), refused); });
            read_all(inner);
            out(1);
        });
        auto i = g.begin();
        EXPECT_EQ(*i, 1);
        EXPECT_EQ(end_of([&] { (*escaped)(7); }), refused);
    });
}

TEST_F(generator_end_test, needs_a_task_and_its_own_thread) {
    auto g = count_to(1);
    EXPECT_THROW(g.begin(), no_running_loop);
    in_virtual_time([] {
        auto mine = count_to(2);
        mine.begin();
        std::string elsewhere;
        std::thread([&] { elsewhere = end_of([&] { weft::run([&] { mine.begin(); }); }); }).join();
        EXPECT_NE(elsewhere.find("weft::generator"), std::string::npos) << elsewhere;
    });
}

TEST_F(generator_end_test, steps_allocate_nothing) {
    in_virtual_time([] {
        auto g = count_to(1000);
        auto i = g.begin();
        failing_new first(1);
        while (i != g.end()) {
            ++i;
        }
        EXPECT_FALSE(first.struck());
    });
}

} // namespace
} // namespace weft::test
