// SPDX-License-Identifier: BSL-1.0
//
// with_task_group(): when it returns, whom a failure cancels, what leaves it, and what becomes of
// cancels from outside, in every order.
#include "tests/support/api_group_failures.hpp"
#include "tests/support/api_settle.hpp"

#include <optional>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using task_group_test = api_test;

TEST_F(task_group_test, returns_when_the_body_and_all_children_have_ended) {
    in_virtual_time([] {
        const auto begin = loop_time();
        int ended = 0;
        const std::string result = with_task_group([&](task_group& group) {
            for (int i = 1; i <= 3; ++i) {
                group.spawn([&, i] {
                    sleep_for(std::chrono::seconds(i));
                    ++ended;
                });
            }
            EXPECT_EQ(group.size(), 3U);
            return std::string("body");
        });
        EXPECT_EQ(result, "body");
        EXPECT_EQ(ended, 3);
        EXPECT_EQ(loop_time() - begin, 3s);
    });
}

TEST_F(task_group_test, without_children_does_not_give_up_the_turn) {
    in_virtual_time([] {
        bool other_ran = false;
        auto other = spawn([&] { other_ran = true; });
        EXPECT_EQ(with_task_group([](task_group&) { return 1; }), 1);
        int object = 0;
        int& same = with_task_group([&](task_group&) -> int& { return object; });
        EXPECT_EQ(&same, &object);
        with_task_group([](task_group&) {});
        EXPECT_FALSE(other_ran);
    });
}

TEST_F(task_group_test, gives_views_of_its_children) {
    in_virtual_time([] {
        std::optional<task_view<int>> view;
        with_task_group([&](task_group& group) {
            view = group.spawn([](int a, int b) { return a * b; }, 6, 7);
            auto named = group.spawn({.name = "second"}, [] { return std::string("s"); });
            EXPECT_EQ(named.name(), "second");
            EXPECT_EQ(named.get(), "s");
        });
        EXPECT_EQ(view->result(), 42);
    });
}

TEST_F(task_group_test, lets_children_spawn_siblings_to_the_end) {
    in_virtual_time([] {
        std::string log;
        with_task_group([&](task_group& group) {
            group.spawn([&] {
                sleep_for(1s);
                group.spawn([&] {
                    sleep_for(1s);
                    log += "grandchild";
                });
            });
        });
        EXPECT_EQ(log, "grandchild");
    });
}

TEST_F(task_group_test, forgets_children_that_have_ended) {
    in_virtual_time([] {
        with_task_group([](task_group& group) {
            for (int i = 0; i < 10'000; ++i) {
                group.spawn([] {});
                settle();
            }
            EXPECT_EQ(group.size(), 0U);
        });
    });
}

// --- failures ---

TEST_F(task_group_test, a_failing_child_cancels_the_others_and_the_body) {
    in_virtual_time([] {
        std::string sibling;
        std::string body;
        EXPECT_EQ(failures_of([&] {
                      with_task_group([&](task_group& group) {
                          group.spawn([&] { sibling = end_of(sleep_until_cancelled); });
                          group.spawn([] {
                              sleep_for(1s);
                              fail_with("child");
                          });
                          try {
                              sleep_until_cancelled();
                          } catch (const cancelled&) {
                              body = "cancelled";
                              throw;
                          }
                      });
                  }),
                  texts{"error: child"});
        EXPECT_EQ(sibling, "cancelled");
        EXPECT_EQ(body, "cancelled");
        EXPECT_EQ(current_task().cancelling(), 0);
        yield(); // nothing is left pending
    });
}

TEST_F(task_group_test, failures_come_in_the_order_of_their_coming_and_the_bodys_last) {
    const unshuffled order;
    in_virtual_time([] {
        EXPECT_EQ(failures_of([] {
                      with_task_group([](task_group& group) {
                          for (const char* text : {"first", "second"}) {
                              group.spawn([=] {
                                  const cancel_blocker blocked;
                                  yield();
                                  fail_with(text);
                              });
                          }
                          group.spawn([] {
                              try {
                                  sleep_until_cancelled();
                              } catch (const cancelled&) {
                                  sleep_for(1s);
                                  fail_with("in its cleanup");
                              }
                          });
                          try {
                              sleep_until_cancelled();
                          } catch (const cancelled&) {
                              fail_with("body");
                          }
                      });
                  }),
                  (texts{"error: first", "error: second", "error: in its cleanup", "error: body"}));
    });
}

TEST_F(task_group_test, a_failing_body_cancels_the_children) {
    in_virtual_time([] {
        std::string child;
        EXPECT_EQ(failures_of([&] {
                      with_task_group([&](task_group& group) {
                          group.spawn([&] { child = end_of(sleep_until_cancelled); });
                          settle();
                          fail_with("body");
                      });
                  }),
                  texts{"error: body"});
        EXPECT_EQ(child, "cancelled");
    });
}

TEST_F(task_group_test, says_what_has_failed) {
    in_virtual_time([] {
        EXPECT_EQ(end_of([] {
                      with_task_group([](task_group& group) {
                          group.spawn([] {
                              yield();
                              fail_with("a");
                          });
                          group.spawn([] {
                              const cancel_blocker blocked;
                              yield_times(2);
                              throw 5;
                          });
                      });
                  }),
                  "error: weft::with_task_group: 2 failed: std::runtime_error: a; int");
    });
}

TEST_F(task_group_test, a_group_in_a_group_fails_as_one) {
    in_virtual_time([] {
        try {
            with_task_group([](task_group& outer) {
                outer.spawn([] {
                    with_task_group(
                        [](task_group& inner) { inner.spawn([] { fail_with("deep"); }); });
                });
            });
            ADD_FAILURE();
        } catch (const exception_group& group) {
            ASSERT_EQ(group.exceptions().size(), 1U);
            EXPECT_EQ(failures_of([&] { std::rethrow_exception(group.exceptions()[0]); }),
                      texts{"error: deep"});
        }
    });
}

TEST_F(task_group_test, a_child_that_is_cancelled_has_not_failed) {
    in_virtual_time([] {
        bool other_ended = false;
        with_task_group([&](task_group& group) {
            auto child = group.spawn(sleep_until_cancelled);
            group.spawn([&] {
                sleep_for(1s);
                other_ended = true;
            });
            yield();
            child.cancel();
        });
        EXPECT_TRUE(other_ended);
    });
}

TEST_F(task_group_test, an_eager_child_that_fails_at_once_does_not_interrupt_spawn) {
    in_virtual_time([] {
        bool spawned = false;
        EXPECT_EQ(failures_of([&] {
                      with_task_group([&](task_group& group) {
                          auto view = group.spawn({.eager = true}, [] { fail_with("at once"); });
                          spawned = view.done();
                          yield();
                          ADD_FAILURE() << "the body went on";
                      });
                  }),
                  texts{"error: at once"});
        EXPECT_TRUE(spawned);
    });
}

TEST_F(task_group_test, eager_children_that_end_at_once_cost_no_turn) {
    in_virtual_time([] {
        bool other_ran = false;
        auto other = spawn([&] { other_ran = true; });
        with_task_group([](task_group& outer) {
            outer.spawn({.eager = true}, [] {
                with_task_group([](task_group& inner) { inner.spawn({.eager = true}, [] {}); });
            });
        });
        EXPECT_FALSE(other_ran);
    });
}

TEST_F(task_group_test, a_failure_in_the_turn_in_which_the_body_returns_leaves_no_cancel) {
    in_virtual_time([] {
        EXPECT_EQ(failures_of([] {
                      with_task_group([](task_group& group) {
                          group.spawn([] { fail_with("late"); });
                          const cancel_blocker blocked; // the body does not notice
                          yield();
                      });
                  }),
                  texts{"error: late"});
        EXPECT_EQ(current_task().cancelling(), 0);
        yield();
    });
}

} // namespace
} // namespace weft::test
