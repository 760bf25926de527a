// SPDX-License-Identifier: BSL-1.0
//
// with_task_group(): cancels from outside and by the group itself, in every order; misuse.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_group_failures.hpp"
#include "tests/support/api_settle.hpp"

#include <stdexcept>
#include <string>
#include <thread>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using task_group_cancel_test = api_test;

// --- cancelled from outside ---

TEST_F(task_group_cancel_test, a_cancel_in_the_body_cancels_the_children_and_is_thrown_after_them) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn([&] {
            with_task_group([&](task_group& group) {
                group.spawn([&] {
                    const at_scope_end slow([&] {
                        sleep_for(1s);
                        log += "child ended, ";
                    });
                    sleep_until_cancelled();
                });
                sleep_until_cancelled();
            });
        });
        yield_times(2);
        t.cancel("outside");
        const auto view = t.view();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: outside");
        EXPECT_EQ(log, "child ended, ");
        EXPECT_EQ(view.cancelling(), 1);
    });
}

TEST_F(task_group_cancel_test, a_cancel_while_it_waits_for_children_does_the_same) {
    in_virtual_time([] {
        std::string child;
        auto t = spawn([&] {
            with_task_group([&](task_group& group) {
                group.spawn([&] {
                    child = end_of(sleep_until_cancelled);
                    sleep_for(1s); // it takes its time
                });
            });
        });
        yield_times(3);
        t.cancel("outside");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: outside");
        EXPECT_EQ(child, "cancelled: outside");
    });
}

TEST_F(task_group_cancel_test, a_cancel_that_came_before_the_wait_is_not_lost) {
    in_virtual_time([] {
        auto t = spawn([] {
            with_task_group([](task_group& group) {
                group.spawn(sleep_until_cancelled);
                current_task().cancel("self");
            });
        });
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: self");
    });
}

TEST_F(task_group_cancel_test, with_failures_the_group_wins_and_the_cancel_comes_next) {
    in_virtual_time([] {
        auto t = spawn([] {
            EXPECT_EQ(failures_of([] {
                          with_task_group([](task_group& group) {
                              group.spawn([] {
                                  try {
                                      sleep_until_cancelled();
                                  } catch (const cancelled&) {
                                      fail_with("instead");
                                  }
                              });
                              sleep_until_cancelled();
                          });
                      }),
                      texts{"error: instead"});
            EXPECT_EQ(current_task().cancelling(), 1);
            yield();
            ADD_FAILURE() << "the cancel was lost";
        });
        yield_times(2);
        t.cancel("outside");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: outside");
    });
}

// The failure and the cancel in one turn, in both orders.
TEST_F(task_group_cancel_test, a_cancel_and_a_failure_in_one_turn_are_both_kept) {
    for (const bool cancel_first : {true, false}) {
        in_virtual_time([&] {
            const auto when = loop_time() + 1s;
            auto t = spawn([&] {
                EXPECT_EQ(failures_of([&] {
                              with_task_group([&](task_group& group) {
                                  if (!cancel_first) {
                                      group.spawn([&] {
                                          sleep_until(when);
                                          fail_with("child");
                                      });
                                  }
                                  yield_times(3);
                                  if (cancel_first) {
                                      group.spawn([&] {
                                          const cancel_blocker blocked;
                                          sleep_until(when);
                                          fail_with("child");
                                      });
                                  }
                                  sleep_until_cancelled();
                              });
                          }),
                          texts{"error: child"});
                EXPECT_EQ(current_task().cancelling(), 1);
                yield();
            });
            yield_times(2);
            sleep_until(when);
            t.cancel("outside");
            EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: outside") << cancel_first;
        });
    }
}

TEST_F(task_group_cancel_test, keeps_the_count_of_cancels_as_it_was) {
    in_virtual_time([] {
        auto t = spawn([] {
            try {
                sleep_until_cancelled();
            } catch (const cancelled&) {
            }
            EXPECT_EQ(current_task().cancelling(), 1);
            EXPECT_EQ(failures_of([] {
                          with_task_group([](task_group& group) {
                              group.spawn([] { fail_with("x"); });
                              sleep_until_cancelled();
                          });
                      }),
                      texts{"error: x"});
            EXPECT_EQ(current_task().cancelling(), 1);
            settle();
            return 1;
        });
        settle();
        t.cancel();
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(task_group_cancel_test, inside_a_time_limit_throws_the_limits_error) {
    in_virtual_time([] {
        std::string child;
        EXPECT_THROW(with_timeout(1s,
                                  [&] {
                                      with_task_group([&](task_group& group) {
                                          group.spawn(
                                              [&] { child = end_of(sleep_until_cancelled); });
                                      });
                                  }),
                     timeout_error);
        EXPECT_EQ(child, "cancelled");
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST_F(task_group_cancel_test, a_cancel_of_the_body_by_a_task_it_waits_for_is_thrown) {
    in_virtual_time([] {
        auto inner = spawn(sleep_until_cancelled);
        auto canceller = spawn([&] { inner.cancel("inner"); });
        EXPECT_EQ(end_of([&] { with_task_group([&](task_group&) { inner.get(); }); }),
                  "cancelled: inner");
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

// --- ended by cancel() ---

TEST_F(task_group_cancel_test, cancel_ends_it_quietly) {
    in_virtual_time([] {
        std::string child;
        std::string body;
        with_task_group([&](task_group& group) {
            group.spawn([&] { child = end_of(sleep_until_cancelled); });
            group.spawn([&] {
                sleep_for(1s);
                group.cancel();
                group.cancel();
            });
            try {
                sleep_until_cancelled();
            } catch (const cancelled&) {
                body = "cancelled";
                throw;
            }
        });
        EXPECT_EQ(child, "cancelled");
        EXPECT_EQ(body, "cancelled");
        EXPECT_EQ(current_task().cancelling(), 0);
        yield();
    });
}

TEST_F(task_group_cancel_test, cancelled_by_its_own_body_ends_quietly) {
    in_virtual_time([] {
        with_task_group([](task_group& group) {
            group.spawn(sleep_until_cancelled);
            group.cancel();
        });
        EXPECT_EQ(with_task_group([](task_group& group) {
                      group.spawn(sleep_until_cancelled);
                      group.cancel();
                      return 4; // it has its value
                  }),
                  4);
        yield();
    });
}

TEST_F(task_group_cancel_test, cut_off_with_a_value_to_return_throws_cancelled) {
    in_virtual_time([] {
        EXPECT_EQ(end_of([] {
                      with_task_group([](task_group& group) {
                          group.spawn([&] { group.cancel(); });
                          sleep_until_cancelled();
                          return 5;
                      });
                  }),
                  "cancelled");
        yield();
    });
}

TEST_F(task_group_cancel_test, cancelled_still_counts_failures) {
    in_virtual_time([] {
        EXPECT_EQ(failures_of([] {
                      with_task_group([](task_group& group) {
                          group.spawn([] {
                              try {
                                  sleep_until_cancelled();
                              } catch (const cancelled&) {
                                  fail_with("cleanup");
                              }
                          });
                          settle();
                          group.cancel();
                      });
                  }),
                  texts{"error: cleanup"});
    });
}

// --- misuse ---

TEST_F(task_group_cancel_test, takes_no_children_once_it_is_being_cancelled) {
    in_virtual_time([] {
        std::string in_child;
        with_task_group([&](task_group& group) {
            group.spawn([&] {
                try {
                    sleep_until_cancelled();
                } catch (const cancelled&) {
                    in_child = end_of([&] { group.spawn([] {}); });
                }
            });
            settle();
            group.cancel();
        });
        EXPECT_EQ(in_child, "error: weft::task_group::spawn: the group is being cancelled; let "
                            "this task end");
    });
}

TEST_F(task_group_cancel_test, needs_a_task_and_its_own_thread) {
    EXPECT_THROW(with_task_group([](task_group&) {}), no_running_loop);
    in_virtual_time([] {
        with_task_group([](task_group& group) {
            std::string elsewhere;
            std::thread([&] {
                elsewhere = end_of([&] { group.cancel(); });
                EXPECT_THROW(group.spawn([] {}), wrong_loop);
                EXPECT_THROW(static_cast<void>(group.size()), wrong_loop);
            }).join();
            EXPECT_NE(elsewhere.find("weft::task_group::cancel"), std::string::npos) << elsewhere;
        });
    });
}

TEST_F(task_group_cancel_test, in_a_generator_that_is_given_up_is_unwound_quietly) {
    in_virtual_time([] {
        std::string child;
        {
            generator<int> g([&](generator<int>::sink& out) {
                with_task_group([&](task_group& group) {
                    group.spawn([&] { child = end_of(sleep_until_cancelled); });
                    settle();
                    out(1);
                });
            });
            g.begin();
        }
        EXPECT_EQ(child, "cancelled");
    });
}

// --- cancelled everywhere ---

TEST_F(task_group_cancel_test, cancelled_at_every_turn_leaves_nothing) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        const auto end = attempt.run([&] {
            with_task_group([&](task_group& group) {
                for (int i = 0; i < 3; ++i) {
                    group.spawn([&, i] {
                        const auto held = live.make();
                        sleep_for(std::chrono::milliseconds(i));
                        if (i == 0) {
                            group.spawn([&] {
                                const auto also_held = live.make();
                                yield_times(3);
                            });
                        }
                    });
                }
                const auto held = live.make();
                sleep_for(2ms);
            });
        });
        EXPECT_EQ(live.alive(), 0);
        EXPECT_EQ(end, attempt.was_cancelled() ? cancel_attempt::outcome::cancelled
                                               : cancel_attempt::outcome::value);
    });
}

TEST_F(task_group_cancel_test, that_fails_cancelled_at_every_turn_loses_neither) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        bool failed = false;
        const auto end = attempt.run([&] {
            try {
                with_task_group([&](task_group& group) {
                    const auto held = live.make();
                    group.spawn([&] {
                        const cancel_blocker blocked;
                        sleep_for(2ms);
                        fail_with("always");
                    });
                    yield(); // so that the child has begun
                    sleep_until_cancelled();
                });
            } catch (const exception_group&) {
                failed = true;
            }
            yield();
        });
        EXPECT_EQ(live.alive(), 0);
        if (failed) {
            EXPECT_EQ(end, attempt.was_cancelled() ? cancel_attempt::outcome::cancelled
                                                   : cancel_attempt::outcome::value);
        } else {
            EXPECT_EQ(end, cancel_attempt::outcome::cancelled); // before the child had begun
        }
    });
}

} // namespace
} // namespace weft::test
