// SPDX-License-Identifier: BSL-1.0
//
// A fiber that waits for another one's end may lend it its stack. Nobody may notice: not by the
// order of things, not by errno or exceptions, not by cancelling, not by how deep the other one may
// go.
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/random_seed.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/stack_use.hpp"

#include <cerrno>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::log_lines;

class scheduler_join : public test::kernel_fixture {
  public:
    // What a task's join is made of: the child's end wakes the one who waits for it.
    struct joined_site : wait_site {
        joined_site(test::test_fiber& f, bool may_lend)
            : wait_site{"join", &f, &joined_site::hand_on, may_lend ? &f : nullptr}, child(f) {}
        static fiber* hand_on(wait_site& site) noexcept {
            return &static_cast<joined_site&>(site).child;
        }
        test::test_fiber& child;
    };

    wake_reason join(test::test_fiber& child) {
        if (child.ended()) {
            return wake_reason::notified;
        }
        joined_site site(child, lending_);
        waiters_of_[&child] = kernel().current();
        return kernel().park(site);
    }
    wake_reason spawn_and_join(std::function<void()> body, std::size_t stack_size = 0) {
        return join(start_child(std::move(body), stack_size));
    }
    test::test_fiber& start_child(std::function<void()> body, std::size_t stack_size = 0) {
        auto* slot = &children_.emplace_back(nullptr);
        *slot = &start(
            [this, slot, body = std::move(body)] {
                body();
                if (const auto found = waiters_of_.find(*slot); found != waiters_of_.end()) {
                    EXPECT_TRUE(kernel().unpark(*found->second));
                    waiters_of_.erase(found);
                }
            },
            stack_size);
        return **slot;
    }

    // Follows a chain of waits that hand the cancel on.
    void cancel(fiber& f) {
        for (fiber* next = &f; next != nullptr;) {
            next = kernel().cancel(*next);
        }
    }

    std::size_t stacks() {
        return kernel().default_pool().idle() + kernel().default_pool().in_use();
    }

    bool lending_ = true;

  private:
    std::deque<test::test_fiber*> children_;
    std::map<test::test_fiber*, fiber*> waiters_of_;
};

TEST_F(scheduler_join, a_child_that_is_next_runs_on_its_waiters_stack) {
    if (test::sanitized) {
        GTEST_SKIP() << "instrumented frames are too large to be lent";
    }
    start([this] {
        const worker* const mine = kernel().running_worker();
        fiber* const self = kernel().current();
        EXPECT_EQ(spawn_and_join([&, this] {
                      EXPECT_EQ(kernel().running_worker(), mine);
                      EXPECT_NE(kernel().current(), self);
                      EXPECT_EQ(self->state(), fiber_state::parked);
                      note("child");
                  }),
                  wake_reason::notified);
        EXPECT_EQ(kernel().current(), self);
        note("parent");
    });
    run();
    EXPECT_EQ(log(), (log_lines{"child", "parent"}));
    EXPECT_EQ(stacks(), 1U);
}

TEST_F(scheduler_join, the_waiter_is_resumed_after_the_childs_end_and_not_before) {
    start([this] {
        EXPECT_EQ(spawn_and_join([this] {
                      for (int i = 0; i < 3; ++i) {
                          note("child");
                          yield();
                          sleep_for(1ms);
                      }
                  }),
                  wake_reason::notified);
        note("parent");
    });
    start([this] {
        for (int i = 0; i < 10; ++i) {
            yield();
        }
        note("bystander");
    });
    run();
    EXPECT_EQ(log(), (log_lines{"child", "bystander", "child", "child", "parent"}));
}

TEST_F(scheduler_join, errno_is_each_ones_own) {
    start([this] {
        errno = EBADF;
        spawn_and_join([this] {
            EXPECT_EQ(errno, 0);
            errno = EPIPE;
            yield();
            EXPECT_EQ(errno, EPIPE);
        });
        EXPECT_EQ(errno, EBADF);
    });
    run();
}

TEST_F(scheduler_join, exceptions_are_each_ones_own) {
    struct joins_in_destructor {
        scheduler_join& test;
        ~joins_in_destructor() {
            test.spawn_and_join([this] {
                EXPECT_EQ(std::uncaught_exceptions(), 0);
                EXPECT_TRUE(test.kernel().cancel_is_deliverable());
                test.yield();
                EXPECT_EQ(std::uncaught_exceptions(), 0);
            });
            EXPECT_EQ(std::uncaught_exceptions(), 1);
        }
    };
    start([this] {
        try {
            const joins_in_destructor j{*this};
            throw std::runtime_error("parent's");
        } catch (const std::runtime_error&) {
            spawn_and_join([this] {
                EXPECT_EQ(std::current_exception(), nullptr);
                try {
                    throw std::runtime_error("child's");
                } catch (const std::runtime_error& e) {
                    yield();
                    EXPECT_STREQ(e.what(), "child's");
                }
            });
            try {
                throw;
            } catch (const std::runtime_error& e) {
                EXPECT_STREQ(e.what(), "parent's");
            }
        }
    });
    start([this] {
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(std::uncaught_exceptions(), 0);
            yield();
        }
    });
    run();
}

TEST_F(scheduler_join, a_cancel_of_the_waiter_reaches_the_child_that_runs_on_its_stack) {
    auto& parent = start([this] {
        EXPECT_EQ(spawn_and_join([this] {
                      EXPECT_EQ(park(), wake_reason::cancelled);
                      EXPECT_EQ(sleep_for(1s), wake_reason::timed_out) << "once";
                      note("child");
                  }),
                  wake_reason::cancelled);
        note("parent");
    });
    start([&, this] {
        yield();
        cancel(parent);
        EXPECT_EQ(parent.state(), fiber_state::parked);
    });
    run();
    EXPECT_EQ(log(), (log_lines{"child", "parent"}));
}

TEST_F(scheduler_join, a_child_finds_nearly_the_whole_stack) {
    start([this] {
        const auto usable =
            kernel().default_pool().stack_size() - kernel().default_pool().memory().guard_size();
        spawn_and_join([&, this] {
            test::at_depth(usable - scheduler::most_lent_depth - 8 * 1024, [this] { yield(); });
        });
    });
    run();
}

TEST_F(scheduler_join, from_deep_down_a_child_gets_a_stack_of_its_own) {
    start([this] {
        const worker* const mine = kernel().running_worker();
        test::at_depth(64 * 1024, [&, this] {
            spawn_and_join([&, this] { EXPECT_NE(kernel().running_worker(), mine); });
        });
    });
    run();
}

TEST_F(scheduler_join, a_chain_of_a_thousand_that_each_join_the_next_fits) {
    struct link {
        static void go(scheduler_join& t, int left) {
            if (left > 0) {
                EXPECT_EQ(t.spawn_and_join([&t, left] { go(t, left - 1); }), wake_reason::notified);
            } else {
                test::use_stack(128 * 1024);
            }
            t.note("");
        }
    };
    start([this] { link::go(*this, 1000); });
    run();
    EXPECT_EQ(log().size(), 1001U);
}

TEST_F(scheduler_join, a_child_that_wants_another_stack_size_gets_it) {
    start([this] {
        EXPECT_EQ(spawn_and_join(
                      [this] {
                          test::use_stack(900 * 1024);
                          yield();
                      },
                      1024 * 1024),
                  wake_reason::notified);
    });
    run();
}

TEST_F(scheduler_join, a_child_that_has_started_or_is_not_next_is_waited_for_all_the_same) {
    start([this] {
        auto& started = start_child([this] {
            for (int i = 0; i < 5; ++i) {
                yield();
            }
            note("started");
        });
        yield();
        auto& behind = start_child([this] { note("behind"); });
        auto& first = start_child([this] { note("first"); });
        join(first);
        EXPECT_TRUE(behind.ended());
        join(started);
    });
    run();
    EXPECT_EQ(log(), (log_lines{"behind", "first", "started"}));
}

TEST_F(scheduler_join, a_thousand_rounds_need_no_more_stacks) {
    start([this] {
        for (int i = 0; i < 1000; ++i) {
            spawn_and_join([this, i] {
                if (i % 3 == 0) {
                    yield();
                }
            });
        }
    });
    run();
    EXPECT_LE(stacks(), 2U);
}

// The same random program with and without lending: everything happens in the same order.
TEST_F(scheduler_join, lending_changes_the_order_of_nothing) {
    const unsigned seed = test::random_seed();
    SCOPED_TRACE(test::seed_note(seed));
    log_lines logs[2];
    for (const bool lending : {false, true}) {
        lending_ = lending;
        rebuild(default_options());
        log_lines& mine = logs[lending ? 1 : 0];
        std::mt19937 random(seed);
        const auto up_to = [&random](unsigned most) { return random() % (most + 1); };
        int count = 0;
        std::function<void(int)> body = [&, this](int depth) {
            const int number = count++;
            for (unsigned steps = up_to(4); steps > 0; --steps) {
                mine.push_back(std::to_string(number));
                switch (up_to(4)) {
                case 0:
                    yield();
                    break;
                case 1:
                    sleep_for(up_to(3) * 1ms);
                    break;
                case 2:
                    if (depth < 6) {
                        start_child([&, depth] { body(depth + 1); });
                    }
                    break;
                default:
                    if (depth < 6) {
                        mine.push_back(spawn_and_join([&, depth] { body(depth + 1); }) ==
                                               wake_reason::notified
                                           ? "joined"
                                           : "cancelled");
                        mine.push_back(std::to_string(number));
                    }
                }
            }
        };
        while (mine.size() < 5000) {
            start([&] { body(0); });
            start([&] { body(0); });
            run();
        }
    }
    EXPECT_EQ(logs[0], logs[1]);
}

} // namespace
} // namespace weft::fibers
