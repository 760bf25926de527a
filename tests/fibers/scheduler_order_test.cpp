// SPDX-License-Identifier: BSL-1.0
//
// The order of things: one FIFO of fibers and callbacks, run turn by turn; what a turn makes ready
// runs in the next one.
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/stack_use.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::log_lines;

class scheduler_order : public test::kernel_fixture {
  public:
    // A callback that runs a function, kept by the test.
    struct posted : callback {
        explicit posted(std::function<void()> f)
            : callback([](callback& c) noexcept { static_cast<posted&>(c).function(); }),
              function(std::move(f)) {}
        std::function<void()> function;
    };

    void post(std::function<void()> f) {
        posted_.push_back(std::make_unique<posted>(std::move(f)));
        kernel().post(*posted_.back());
    }

  private:
    std::vector<std::unique_ptr<posted>> posted_;
};

TEST_F(scheduler_order, fibers_run_in_the_order_of_spawning) {
    for (const char* name : {"a", "b", "c"}) {
        start([this, name] {
            for (const char* step : {"1", "2", "3"}) {
                note(std::string(name) + step);
                yield();
            }
        });
    }
    run();
    EXPECT_EQ(log(), (log_lines{"a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"}));
}

TEST_F(scheduler_order, spawn_does_not_run_the_fiber) {
    start([this] { note("child"); });
    EXPECT_EQ(log(), log_lines{});
    run();
    start([this] {
        start([this] { note("grandchild"); });
        note("parent");
    });
    run();
    EXPECT_EQ(log(), (log_lines{"child", "parent", "grandchild"}));
}

// The spawned and the woken are behind everything that was ready when they were made so.
TEST_F(scheduler_order, what_a_turn_makes_ready_runs_in_the_next) {
    auto& sleeper = start([this] {
        park();
        note("woken");
    });
    start([this, &sleeper] {
        note("a");
        start([this] { note("spawned by a"); });
        EXPECT_TRUE(kernel().unpark(sleeper));
        yield();
        note("a again");
    });
    start([this] { note("b"); });
    start([this] { note("c"); });
    run();
    EXPECT_EQ(log(), (log_lines{"a", "b", "c", "spawned by a", "woken", "a again"}));
}

TEST_F(scheduler_order, yield_lets_everything_that_is_ready_run_first) {
    start([this] {
        for (int i = 0; i < 100; ++i) {
            start([this] { note("child"); });
        }
        yield();
        EXPECT_EQ(log().size(), 100U);
    });
    run();
}

TEST_F(scheduler_order, a_yield_alone_comes_back) {
    start([this] {
        for (int i = 0; i < 1000; ++i) {
            EXPECT_EQ(yield(), wake_reason::notified);
        }
    });
    run();
}

TEST_F(scheduler_order, callbacks_stand_in_the_same_queue_as_fibers) {
    start([this] {
        note("fiber 1");
        yield();
        note("fiber 1 again");
    });
    post([this] {
        note("callback 1");
        post([this] { note("callback 3"); });
    });
    start([this] { note("fiber 2"); });
    post([this] { note("callback 2"); });
    run();
    EXPECT_EQ(log(), (log_lines{"fiber 1", "callback 1", "fiber 2", "callback 2", "fiber 1 again",
                                "callback 3"}));
}

TEST_F(scheduler_order, callbacks_run_on_the_loops_own_stack) {
    const std::uintptr_t here = test::stack_position();
    const auto near = [here](std::uintptr_t there) {
        return (there > here ? there - here : here - there) < 64 * 1024;
    };
    start([this, near] {
        EXPECT_FALSE(near(test::stack_position()));
        EXPECT_NE(kernel().current(), nullptr);
        EXPECT_NE(kernel().running_worker(), nullptr);
        post([this, near] {
            EXPECT_TRUE(near(test::stack_position()));
            EXPECT_EQ(kernel().current(), nullptr);
            EXPECT_EQ(kernel().running_worker(), nullptr);
            note("looked");
        });
        yield();
    });
    run();
    EXPECT_EQ(log(), log_lines{"looked"});
}

TEST_F(scheduler_order, a_callback_may_destroy_itself) {
    struct own final : callback {
        explicit own(int& r) : callback(&own::go), runs(r) {}
        static void go(callback& c) noexcept {
            auto& self = static_cast<own&>(c);
            ++self.runs;
            delete &self;
        }
        int& runs;
    };
    int runs = 0;
    for (int i = 0; i < 3; ++i) {
        kernel().post(*new own(runs)); // NOLINT: it deletes itself
    }
    run_until_deadlock();
    EXPECT_EQ(runs, 3);
}

TEST_F(scheduler_order, a_callback_that_posts_itself_again_does_not_keep_fibers_from_running) {
    struct again final : callback {
        explicit again(scheduler& to) : callback(&again::go), s(to) {}
        static void go(callback& c) noexcept {
            auto& self = static_cast<again&>(c);
            ++self.runs;
            if (!self.stop) {
                self.s.post(self);
            }
        }
        scheduler& s;
        int runs = 0;
        bool stop = false;
    } c(kernel());
    kernel().post(c);
    start([this, &c] {
        for (int i = 1; i <= 200; ++i) {
            EXPECT_EQ(c.runs, i);
            yield();
        }
        c.stop = true;
    });
    run();
    run_until_deadlock();
}

TEST_F(scheduler_order, current_is_the_fiber_that_runs) {
    EXPECT_EQ(kernel().current(), nullptr);
    EXPECT_EQ(scheduler::on_this_thread(), &kernel());
    fiber* expected[2] = {};
    for (fiber*& mine : expected) {
        mine = &start([this, &mine] {
            EXPECT_EQ(kernel().current(), mine);
            EXPECT_EQ(mine->state(), fiber_state::running);
            yield();
            EXPECT_EQ(kernel().current(), mine);
        });
        EXPECT_EQ(mine->state(), fiber_state::unstarted);
    }
    run();
    EXPECT_EQ(kernel().current(), nullptr);
    EXPECT_EQ(expected[0]->state(), fiber_state::ended);
}

// --- timers ---

TEST_F(scheduler_order, sleepers_wake_in_the_order_of_their_deadlines) {
    for (const int ms : {30, 10, 50, 20, 40}) {
        start([this, ms] {
            EXPECT_EQ(sleep_for(std::chrono::milliseconds(ms)), wake_reason::timed_out);
            note(std::to_string(ms));
        });
    }
    run();
    EXPECT_EQ(log(), (log_lines{"10", "20", "30", "40", "50"}));
}

TEST_F(scheduler_order, sleepers_with_the_same_deadline_wake_in_the_order_of_going_to_sleep) {
    const time_point deadline = kernel().now() + 1s;
    for (int i = 0; i < 50; ++i) {
        start([this, i, deadline] {
            if (i % 3 == 0) {
                yield(); // these go to sleep a turn later
            }
            park(deadline);
            note(std::to_string(i));
        });
    }
    run();
    log_lines expected;
    for (const bool late : {false, true}) {
        for (int i = 0; i < 50; ++i) {
            if ((i % 3 == 0) == late) {
                expected.push_back(std::to_string(i));
            }
        }
    }
    EXPECT_EQ(log(), expected);
}

TEST_F(scheduler_order, time_stands_still_while_anything_can_run) {
    const time_point begin = kernel().now();
    start([this, begin] {
        sleep_for(1h);
        EXPECT_EQ(kernel().now(), begin + 1h);
    });
    start([this, begin] {
        for (int i = 0; i < 1000; ++i) {
            yield();
            EXPECT_EQ(kernel().now(), begin);
        }
    });
    run();
}

} // namespace
} // namespace weft::fibers
