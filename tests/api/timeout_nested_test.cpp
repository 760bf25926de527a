// SPDX-License-Identifier: BSL-1.0
//
// Time limits inside each other, beside cancels from outside, and across tasks.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using timeout_nested_test = api_test;

// --- scopes inside each other ---

TEST_F(timeout_nested_test, inside_a_longer_one_is_the_one_that_throws) {
    in_virtual_time([] {
        const auto begin = loop_time();
        std::string inner;
        with_timeout(10s, [&] {
            inner = end_of([] { with_timeout(1s, sleep_until_cancelled); });
            sleep_for(1s);
        });
        EXPECT_EQ(inner, timed_out);
        EXPECT_EQ(loop_time() - begin, 2s);
    });
}

TEST_F(timeout_nested_test, inside_a_shorter_one_passes_the_cancel_on) {
    in_virtual_time([] {
        std::string inner;
        EXPECT_EQ(end_of([&] {
                      with_timeout(1s, [&] {
                          inner = end_of([] { with_timeout(10s, sleep_until_cancelled); });
                          throw cancelled();
                      });
                  }),
                  timed_out);
        EXPECT_EQ(inner, "cancelled");
    });
}

TEST_F(timeout_nested_test, with_the_same_end_only_the_outermost_throws) {
    in_virtual_time([] {
        const auto deadline = loop_time() + 1s;
        std::vector<std::string> ends(3);
        bool all_expired = false;
        ends[0] = end_of([&] {
            with_deadline(deadline, [&](timeout_scope& a) {
                try {
                    with_deadline(deadline, [&](timeout_scope& b) {
                        try {
                            with_deadline(deadline, sleep_until_cancelled);
                        } catch (const cancelled&) {
                            ends[2] = "cancelled";
                            all_expired = a.expired() && b.expired();
                            throw;
                        }
                    });
                } catch (const cancelled&) {
                    ends[1] = "cancelled";
                    throw;
                }
            });
        });
        EXPECT_NE(ends[0].find("the time limit came first"), std::string::npos) << ends[0];
        EXPECT_EQ(ends[1], "cancelled");
        EXPECT_EQ(ends[2], "cancelled");
        EXPECT_TRUE(all_expired);
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

// --- a cancel from outside ---

TEST_F(timeout_nested_test, lets_a_cancel_from_outside_through) {
    in_virtual_time([] {
        bool expired = true;
        auto t = spawn([&] {
            with_timeout(1h, [&](timeout_scope& scope) {
                try {
                    sleep_until_cancelled();
                } catch (const cancelled&) {
                    expired = scope.expired();
                    throw;
                }
            });
        });
        settle();
        t.cancel("outside");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: outside");
        EXPECT_FALSE(expired);
    });
}

// Both orders: the cancel before the task resumes, and behind it, in the turn in which both come.
TEST_F(timeout_nested_test, a_cancel_from_outside_in_the_same_turn_wins_unless_it_comes_too_late) {
    const unshuffled order;
    for (const bool cancel_first : {true, false}) {
        in_virtual_time([&] {
            const auto deadline = loop_time() + 1s;
            task<void> subject;
            const auto canceller = [&] {
                sleep_until(deadline);
                subject.cancel("outside");
            };
            task<void> other;
            if (cancel_first) {
                other = spawn(canceller);
            }
            subject = spawn([&] { with_deadline(deadline, sleep_until_cancelled); });
            if (!cancel_first) {
                other = spawn(canceller);
            }
            subject.wait();
            EXPECT_EQ(subject.cancelled(), cancel_first);
            if (!cancel_first) {
                EXPECT_THROW(subject.result(), timeout_error);
            }
        });
    }
}

TEST_F(timeout_nested_test, does_not_take_a_cancel_that_was_pending_for_its_own) {
    in_virtual_time([] {
        auto t = spawn([] {
            current_task().cancel("before");
            with_timeout(0s, [] { yield(); });
        });
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: before");
    });
}

TEST_F(timeout_nested_test, a_value_that_came_in_the_same_turn_is_lost_to_the_limit_but_stays) {
    in_virtual_time([] {
        const auto deadline = loop_time() + 1s;
        auto inner = spawn([&] {
            sleep_until(deadline);
            return 3;
        });
        yield();
        EXPECT_EQ(end_of([&] { with_deadline(deadline, [&] { inner.wait(); }); }).substr(0, 5),
                  "error");
        EXPECT_EQ(inner.get(), 3);
    });
}

// --- moving the limit ---

TEST_F(timeout_nested_test, can_be_moved_and_taken_away) {
    in_virtual_time([] {
        const auto begin = loop_time();
        EXPECT_EQ(end_of([&] {
                      with_timeout(1s, [&](timeout_scope& scope) {
                          EXPECT_EQ(scope.when(), begin + 1s);
                          scope.reschedule(begin + 3s);
                          EXPECT_EQ(scope.when(), begin + 3s);
                          sleep_for(2s);
                          scope.reschedule({});
                          EXPECT_FALSE(scope.when());
                          sleep_for(10s);
                          scope.reschedule(loop_time() + 1s);
                          sleep_until_cancelled();
                      });
                  }),
                  timed_out);
        EXPECT_EQ(loop_time() - begin, 13s);
    });
}

TEST_F(timeout_nested_test, moved_into_the_past_comes_at_the_next_turn) {
    in_virtual_time([] {
        EXPECT_EQ(end_of([&] {
                      with_timeout(1s, [&](timeout_scope& scope) {
                          scope.reschedule(loop_time() - 1s);
                          EXPECT_FALSE(scope.expired());
                          yield();
                      });
                  }),
                  timed_out);
    });
}

TEST_F(timeout_nested_test, that_has_come_cannot_be_moved) {
    in_virtual_time([] {
        EXPECT_EQ(end_of([] {
                      with_timeout(1s, [](timeout_scope& scope) {
                          try {
                              sleep_until_cancelled();
                          } catch (const cancelled&) {
                          }
                          EXPECT_TRUE(scope.when());
                          scope.reschedule({});
                      });
                  }),
                  "error: weft::timeout_scope::reschedule: the time limit has come already; open "
                  "a new scope");
    });
}

// --- what it passes through ---

TEST_F(timeout_nested_test, reaches_the_task_that_the_body_waits_for) {
    in_virtual_time([] {
        std::string child;
        auto t = spawn([&] {
            child = end_of(sleep_until_cancelled);
            throw cancelled();
        });
        EXPECT_EQ(end_of([&] { with_timeout(1s, [&] { t.get(); }); }), timed_out);
        EXPECT_EQ(child, "cancelled");
    });
}

TEST_F(timeout_nested_test, a_childs_own_cancel_is_no_timeout) {
    in_virtual_time([] {
        auto t = spawn(sleep_until_cancelled);
        auto other = spawn([&] { t.cancel("child"); });
        EXPECT_EQ(end_of([&] { with_timeout(1s, [&] { t.get(); }); }), "cancelled: child");
    });
}

TEST_F(timeout_nested_test, is_kept_by_a_destructor_that_blocks) {
    in_virtual_time([] {
        std::string log;
        EXPECT_EQ(end_of([&] {
                      with_timeout(1s, [&] {
                          const at_scope_end slow([&] {
                              sleep_for(5s);
                              log += "cleaned";
                          });
                          throw std::runtime_error("first");
                      });
                  }),
                  "error: first");
        EXPECT_EQ(log, "cleaned");
        EXPECT_EQ(current_task().cancelling(), 0);
        yield();
    });
}

TEST_F(timeout_nested_test, cancelled_at_every_turn_leaves_nothing_behind) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        const auto end = attempt.run([&] {
            for (int i = 0; i < 3; ++i) {
                const auto held = live.make();
                const std::string inner = end_of([&] {
                    with_timeout(2ms, [&] {
                        const auto also_held = live.make();
                        auto t = spawn([] { sleep_for(3ms); });
                        t.get();
                    });
                });
                if (inner.starts_with("cancelled")) {
                    throw cancelled(inner);
                }
                EXPECT_EQ(inner, timed_out);
            }
        });
        EXPECT_EQ(end, attempt.was_cancelled() ? cancel_attempt::outcome::cancelled
                                               : cancel_attempt::outcome::value);
        EXPECT_EQ(live.alive(), 0);
    });
}

} // namespace
} // namespace weft::test
