// SPDX-License-Identifier: BSL-1.0
//
// Bodies that are cancelled at every turn of theirs, one after the other: nothing is lost, nothing
// is left, whatever they were doing.
#include "tests/support/api_cancel_driver.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using cancel_everywhere_test = api_test;
using outcome = cancel_attempt::outcome;

TEST_F(cancel_everywhere_test, the_driver_finds_every_turn_of_a_plain_body) {
    const unshuffled order;
    std::string reached; // the steps that were reached, over all attempts
    const int turns = cancel_at_every_turn([&](cancel_attempt& attempt) {
        std::string steps;
        const auto end = attempt.run([&] {
            steps = "a";
            yield();
            steps = "b";
            sleep_for(2ms);
            steps = "c";
            yield();
            steps = "d";
        });
        EXPECT_EQ(end,
                  attempt.was_cancelled() && steps != "d" ? outcome::cancelled : outcome::value);
        if (reached.find(steps) == std::string::npos) {
            reached += steps;
        }
    });
    EXPECT_EQ(reached, "abcd");
    EXPECT_GT(turns, 4);
}

TEST_F(cancel_everywhere_test, sleeping_and_yielding_in_a_loop) {
    EXPECT_GT(cancel_at_every_turn([](cancel_attempt& attempt) {
                  live_count live;
                  attempt.run([&, held = live.make()] {
                      for (int i = 0; i < 3; ++i) {
                          const auto object = live.make();
                          sleep_for(i * 1ms);
                          yield();
                      }
                  });
                  EXPECT_EQ(live.alive(), 0);
              }),
              10);
}

TEST_F(cancel_everywhere_test, waiting_for_a_task) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        std::optional<int> got;
        auto inner = spawn([] {
            yield_times(2);
            sleep_for(2ms);
            return 5;
        });
        const auto end = attempt.run([&] { got = inner.get(); });
        // The value is here, or there, or the inner task was cancelled: never nowhere.
        EXPECT_EQ(end == outcome::cancelled, !got.has_value());
        if (!got) {
            EXPECT_TRUE(inner.valid());
            const std::string how = end_of([&] { EXPECT_EQ(inner.get(), 5); });
            EXPECT_TRUE(how == "value" || how.starts_with("cancelled")) << how;
        }
    });
}

TEST_F(cancel_everywhere_test, waiting_for_a_task_that_finishes_its_work_first) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        bool committed = false;
        auto inner = spawn({.eager = true}, [&] {
            for (int left = 3; left > 0;) {
                try {
                    sleep_for(1ms);
                    --left;
                } catch (const cancelled&) { // this work must not be cut short
                }
            }
            committed = true;
            return std::make_unique<int>(5);
        });
        std::unique_ptr<int> got;
        const auto end = attempt.run([&] { got = inner.get(); });
        inner.valid() ? inner.wait() : void();
        EXPECT_TRUE(committed);
        if (end == outcome::cancelled) {
            EXPECT_EQ(*inner.get(), 5);
        } else {
            EXPECT_EQ(*got, 5);
        }
    });
}

TEST_F(cancel_everywhere_test, wait_leaves_the_other_task_alone) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        auto other = spawn([] {
            sleep_for(3ms);
            return 5;
        });
        attempt.run([&] { other.wait(); });
        EXPECT_EQ(other.cancelling(), 0);
        EXPECT_EQ(other.get(), 5);
    });
}

TEST_F(cancel_everywhere_test, gathering) {
    EXPECT_GT(cancel_at_every_turn([](cancel_attempt& attempt) {
                  live_count live;
                  int sum = 0;
                  const auto end = attempt.run([&] {
                      const auto child = [&](int i) {
                          return [i, held = live.make()] {
                              sleep_for(i * 1ms);
                              yield();
                              return i;
                          };
                      };
                      const auto [a, b, c] = gather(child(1), child(0), child(2));
                      sum = a + b + c;
                  });
                  EXPECT_EQ(sum, end == outcome::value ? 3 : 0);
                  EXPECT_EQ(live.alive(), 0);
              }),
              8);
}

TEST_F(cancel_everywhere_test, gathering_with_a_failure) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        int begun = 0;
        int ended = 0;
        const auto end = attempt.run([&] {
            gather(
                [&] {
                    ++begun;
                    const at_scope_end note([&] { ++ended; });
                    sleep_for(2ms);
                    throw std::runtime_error("boom");
                },
                [&] {
                    ++begun;
                    const at_scope_end note([&] {
                        sleep_for(2ms);
                        ++ended;
                    });
                    sleep_until_cancelled();
                });
        });
        EXPECT_NE(end, outcome::value);
        EXPECT_EQ(ended, begun); // who had begun was joined
    });
}

TEST_F(cancel_everywhere_test, a_tree_of_tasks) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        struct tree {
            live_count& live;
            int operator()(int depth) const {
                const auto object = live.make();
                yield();
                if (depth == 0) {
                    sleep_for(1ms);
                    return 1;
                }
                auto left = spawn(*this, depth - 1);
                auto right = spawn({.eager = true}, *this, depth - 1);
                return left.get() + right.get();
            }
        };
        int leaves = 0;
        const auto end = attempt.run([&] { leaves = tree{live}(3); });
        EXPECT_EQ(leaves, end == outcome::value ? 8 : 0);
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(cancel_everywhere_test, destructors_that_block) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        std::string log;
        attempt.run([&] {
            log += "(";
            const at_scope_end outer([&] {
                sleep_for(1ms);
                log += ")";
            });
            yield();
            log += "[";
            const at_scope_end inner([&] {
                yield();
                auto helper = spawn([] {
                    sleep_for(1ms);
                    return 1;
                });
                EXPECT_EQ(end_of([&] { helper.view().get(); }).substr(0, 5), "value");
                log += "]";
            });
            sleep_for(2ms);
            throw std::runtime_error("boom"); // always unwinding: cancels are kept
        });
        EXPECT_TRUE(log.empty() || log == "()" || log == "([])") << log;
    });
}

TEST_F(cancel_everywhere_test, callbacks_run_whatever_happens) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        int ran = 0;
        const auto end = attempt.run([&] {
            current_task().add_done_callback([&](const task_ref&) { ++ran; });
            sleep_for(2ms);
            yield();
        });
        yield();
        EXPECT_TRUE(ran == 1 || (ran == 0 && end == outcome::cancelled && attempt.turn() == 0));
    });
}

} // namespace
} // namespace weft::test
