// SPDX-License-Identifier: BSL-1.0
//
// Cancels and gather(): of the waiter, of a child, before, during and between.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using gather_cancel_test = api_test;

TEST_F(gather_cancel_test, of_the_waiter_cancels_all_and_waits_for_them) {
    in_virtual_time([] {
        std::string log;
        const auto child = [&](const char* name, clock::duration cleaning) {
            return [&log, name, cleaning] {
                const at_scope_end note([&log, name, cleaning] {
                    sleep_for(cleaning);
                    log += name;
                });
                sleep_until_cancelled();
            };
        };
        auto t = spawn([&] { gather(child("slow ", 2h), child("quick ", 1h)); });
        settle();
        EXPECT_TRUE(t.cancel("why"));
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: why");
        EXPECT_EQ(log, "quick slow ");
    });
}

TEST_F(gather_cancel_test, of_the_waiter_takes_its_message_to_the_children) {
    in_virtual_time([] {
        std::vector<std::string> seen;
        const auto child = [&] { seen.push_back(end_of(sleep_until_cancelled)); };
        auto t = spawn([&] { gather(child, [&] { gather(child); }); });
        yield_times(4);
        t.cancel("why");
        t.wait();
        EXPECT_EQ(seen, (std::vector<std::string>{"cancelled: why", "cancelled: why"}));
    });
}

TEST_F(gather_cancel_test, of_the_waiter_is_not_lost_when_every_child_swallows_it) {
    in_virtual_time([] {
        int swallowed = 0;
        const auto child = [&] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            return ++swallowed;
        };
        auto t = spawn([&] { gather(child, child); });
        settle();
        t.cancel();
        t.wait();
        EXPECT_TRUE(t.cancelled());
        EXPECT_EQ(swallowed, 2);
    });
}

TEST_F(gather_cancel_test, of_the_waiter_wins_over_what_the_children_throw_then) {
    in_virtual_time([] {
        auto t = spawn([] {
            gather(
                [] {
                    EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                    throw std::runtime_error("boom");
                },
                sleep_until_cancelled);
        });
        yield_times(4);
        t.cancel();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
    });
}

TEST_F(gather_cancel_test, of_the_waiter_after_the_last_end_and_before_its_resume) {
    const unshuffled order;
    in_virtual_time([] {
        auto t = spawn([] { return std::get<0>(gather([] { yield(); })); });
        yield_times(2); // the child yields
        auto canceller = spawn([&] {
            EXPECT_EQ(all_tasks().size(), 3u); // main, t and this: the child has ended
            t.cancel();
        });
        canceller.get();
        t.wait();
        EXPECT_TRUE(t.cancelled());
    });
}

TEST_F(gather_cancel_test, of_oneself_before_it_reaches_the_children) {
    in_virtual_time([] {
        bool ran = false;
        auto t = spawn([&] {
            current_task().cancel();
            gather([&] { ran = true; }, [&] { ran = true; });
        });
        t.wait();
        EXPECT_TRUE(t.cancelled());
        EXPECT_FALSE(ran); // cancelled before their first step
    });
}

TEST_F(gather_cancel_test, of_a_child_by_itself_counts_as_its_failure) {
    in_virtual_time([] {
        bool sibling_cancelled = false;
        EXPECT_EQ(
            end_of([&] {
                gather([] { current_task().cancel("child"); },
                       [&] { sibling_cancelled = end_of(sleep_until_cancelled) == "cancelled"; });
            }),
            "cancelled: child");
        EXPECT_EQ(current_task().cancelling(), 0); // not the waiter's own
        static_cast<void>(sibling_cancelled);
    });
}

TEST_F(gather_cancel_test, of_a_child_by_somebody_else_cancels_its_siblings) {
    in_virtual_time([] {
        bool sibling_cancelled = false;
        auto t = spawn([&] {
            EXPECT_EQ(
                end_of([&] {
                    gather(
                        [] {
                            current_task().set_name("victim");
                            sleep_until_cancelled();
                        },
                        [&] { sibling_cancelled = end_of(sleep_until_cancelled) == "cancelled"; });
                }),
                "cancelled: other");
        });
        settle();
        for (task_ref child : all_tasks()) {
            if (child.name() == "victim") {
                child.cancel("other");
            }
        }
        t.get();
        EXPECT_TRUE(sibling_cancelled);
    });
}

TEST_F(gather_cancel_test, twice_is_delivered_once) {
    in_virtual_time([] {
        int seen = 0;
        auto t = spawn([&] {
            EXPECT_EQ(end_of([&] {
                          gather([&] {
                              for (int i = 0; i < 2; ++i) {
                                  seen += end_of([] { sleep_for(1h); }) == "cancelled" ? 1 : 0;
                              }
                          });
                      }),
                      "cancelled");
            EXPECT_EQ(current_task().cancelling(), 2);
            settle();
        });
        settle();
        t.cancel();
        t.cancel();
        t.wait();
        EXPECT_EQ(seen, 1);
        EXPECT_FALSE(t.cancelled());
    });
}

TEST_F(gather_cancel_test, a_second_one_during_the_cleaning_up_reaches_the_children_again) {
    in_virtual_time([] {
        int seen = 0;
        auto t = spawn([&] {
            gather([&] {
                for (int i = 0; i < 2; ++i) {
                    seen += end_of(sleep_until_cancelled) == "cancelled" ? 1 : 0;
                }
            });
        });
        settle();
        t.cancel();
        settle();
        EXPECT_EQ(seen, 1);
        t.cancel();
        t.wait();
        EXPECT_EQ(seen, 2);
        EXPECT_TRUE(t.cancelled());
    });
}

TEST_F(gather_cancel_test, reaches_what_the_children_wait_for) {
    in_virtual_time([] {
        auto leaf = spawn(sleep_until_cancelled);
        auto t = spawn([&] { gather([&] { gather([&] { leaf.get(); }); }); });
        yield_times(4);
        t.cancel();
        t.wait();
        EXPECT_TRUE(t.cancelled());
        EXPECT_TRUE(leaf.done());
        EXPECT_EQ(leaf.cancelling(), 1);
    });
}

TEST_F(gather_cancel_test, when_it_is_over_other_calls_work) {
    in_virtual_time([] {
        auto t = spawn([] {
            EXPECT_EQ(end_of([] { gather(sleep_until_cancelled); }), "cancelled");
            const auto [a, b] = gather([] { return 1; }, [] { return 2; });
            return a + b;
        });
        yield_times(4);
        t.cancel();
        EXPECT_EQ(t.get(), 3);
    });
}

TEST_F(gather_cancel_test, long_ways_of_futures_and_failures_need_no_deep_stack) {
    in_virtual_time([] {
        // Each gather waits for its own future and a child that runs the next gather: the cancel of
        // the first future fails that gather, whose child's cancel ends the next future, and so on.
        std::vector<future<int>> futures(5'000);
        struct {
            void operator()(std::span<future<int>> rest) const {
                if (rest.empty()) {
                    sleep_until_cancelled();
                } else {
                    gather(rest.front(), [this, rest] { (*this)(rest.subspan(1)); });
                }
            }
        } const level;
        auto t = spawn([&] { level(futures); });
        yield_times(10'010);
        futures.front().cancel("gone");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: gone");
        EXPECT_TRUE(futures.back().cancelled());
    });
}

} // namespace
} // namespace weft::test
