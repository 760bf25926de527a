// SPDX-License-Identifier: BSL-1.0
//
// Eager spawning: the new fiber runs at once, until it first blocks or ends, and then the spawner
// goes on as if it had called a function, wherever it was.
#include "tests/support/kernel_fixture.hpp"

#include <chrono>
#include <string>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::log_lines;

class scheduler_eager : public test::kernel_fixture {
  public:
    void start_at_once(std::function<void()> body) {
        EXPECT_TRUE(spawn_eager(make(std::move(body))));
    }
};

TEST_F(scheduler_eager, from_a_fiber_runs_until_it_ends_and_comes_straight_back) {
    start([this] {
        fiber* const self = kernel().current();
        note("before");
        start_at_once([this] { note("child"); });
        note("after");
        EXPECT_EQ(kernel().current(), self);
        EXPECT_EQ(self->state(), fiber_state::running);
    });
    start([this] { note("bystander"); });
    run();
    EXPECT_EQ(log(), (log_lines{"before", "child", "after", "bystander"}));
}

TEST_F(scheduler_eager, from_a_fiber_runs_until_it_first_blocks) {
    start([this] {
        start_at_once([this] {
            note("child yields");
            yield();
            note("child sleeps");
            sleep_for(1s);
            note("child ends");
        });
        note("parent");
        yield();
        note("parent again");
    });
    start([this] { note("bystander"); });
    run();
    EXPECT_EQ(log(), (log_lines{"child yields", "parent", "bystander", "child sleeps",
                                "parent again", "child ends"}));
}

TEST_F(scheduler_eager, from_a_callback_returns_to_the_callback) {
    struct spawner : callback {
        explicit spawner(scheduler_eager& t)
            : callback([](callback& c) noexcept {
                  auto& self = static_cast<spawner&>(c).test;
                  self.note("callback");
                  self.start_at_once([&self] {
                      self.note("child 1");
                      self.yield();
                      self.note("child 1 again");
                  });
                  self.start_at_once([&self] { self.note("child 2"); });
                  self.note("callback ends");
                  EXPECT_EQ(self.kernel().current(), nullptr);
              }),
              test(t) {}
        scheduler_eager& test;
    } c(*this);
    kernel().post(c);
    start([this] { note("bystander"); });
    run();
    EXPECT_EQ(log(), (log_lines{"callback", "child 1", "child 2", "callback ends", "bystander",
                                "child 1 again"}));
}

TEST_F(scheduler_eager, before_the_loop_runs) {
    start([this] { note("bystander"); });
    start_at_once([this] {
        note("eager");
        yield();
        note("eager again");
    });
    EXPECT_EQ(log(), log_lines{"eager"});
    run();
    EXPECT_EQ(log(), (log_lines{"eager", "bystander", "eager again"}));
}

TEST_F(scheduler_eager, from_a_letter_and_from_a_timer) {
    struct spawner : timer, letter {
        explicit spawner(scheduler_eager& t)
            : timer([](timer& self) noexcept { static_cast<spawner&>(self).spawn("timer"); }),
              letter([](letter& self) noexcept { static_cast<spawner&>(self).spawn("letter"); }),
              test(t) {}
        void spawn(const char* from) {
            test.start_at_once([this, from] { test.note(from); });
            test.note("back");
        }
        scheduler_eager& test;
    } s(*this);
    kernel().timers().add(s, kernel().now() + 1s);
    EXPECT_TRUE(kernel().letters()->post(s));
    run_until_deadlock();
    EXPECT_EQ(log(), (log_lines{"letter", "back", "timer", "back"}));
}

TEST_F(scheduler_eager, nested_ten_deep_comes_back_level_by_level) {
    struct level {
        static void go(scheduler_eager& t, int depth) {
            t.note("down " + std::to_string(depth));
            if (depth < 10) {
                t.start_at_once([&t, depth] { go(t, depth + 1); });
            }
            t.note("up " + std::to_string(depth));
        }
    };
    start([this] { level::go(*this, 0); });
    run();
    log_lines expected;
    for (int i = 0; i <= 10; ++i) {
        expected.push_back("down " + std::to_string(i));
    }
    for (int i = 10; i >= 0; --i) {
        expected.push_back("up " + std::to_string(i));
    }
    EXPECT_EQ(log(), expected);
}

// While the child runs, the spawner is ready, not parked.
TEST_F(scheduler_eager, the_child_cannot_wake_the_spawner_too_early) {
    start([this] {
        test::test_fiber& parent = static_cast<test::test_fiber&>(*kernel().current());
        start_at_once([&, this] { EXPECT_FALSE(kernel().unpark(parent)); });
        EXPECT_EQ(sleep_for(1s), wake_reason::timed_out);
    });
    run();
}

TEST_F(scheduler_eager, a_child_that_cancels_its_spawner) {
    start([this] {
        test::test_fiber& parent = static_cast<test::test_fiber&>(*kernel().current());
        start_at_once([&, this] { kernel().cancel(parent); });
        EXPECT_EQ(park(), wake_reason::cancelled);
    });
    run();
}

TEST_F(scheduler_eager, cancelled_before_it_is_spawned) {
    auto& f = make([this] { EXPECT_EQ(park(), wake_reason::cancelled); });
    kernel().cancel(f);
    EXPECT_TRUE(spawn_eager(f));
    run();
}

TEST_F(scheduler_eager, on_a_stack_of_another_size) {
    start([this] {
        EXPECT_TRUE(spawn_eager(make([this] {
                                    note("child");
                                    yield();
                                    note("child again");
                                }),
                                1024 * 1024));
        note("parent");
    });
    run();
    EXPECT_EQ(log(), (log_lines{"child", "parent", "child again"}));
}

TEST_F(scheduler_eager, a_thousand_in_a_row_use_one_more_stack) {
    start([this] {
        for (int i = 0; i < 1000; ++i) {
            start_at_once([] {});
        }
        EXPECT_EQ(kernel().default_pool().idle() + kernel().default_pool().in_use(), 2U);
    });
    run();
}

} // namespace
} // namespace weft::fibers
