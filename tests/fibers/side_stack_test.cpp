// SPDX-License-Identifier: BSL-1.0
//
// Side stacks: a fiber steps onto one and off it, blocks there, and is the same fiber all the time.
#include "tests/support/kernel_fixture.hpp"

#include <cerrno>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>

namespace weft::test {
namespace {

using side_stack_test = kernel_fixture;

// A side stack with a std::function for a body.
struct side : fibers::side_stack {
    side(fibers::scheduler& s, std::function<void(side&)> f) : kernel(s), body(std::move(f)) {
        begun = kernel.begin(*this, &side::call, this);
    }
    static void call(void* self) noexcept {
        static_cast<side*>(self)->body(*static_cast<side*>(self));
    }
    void step() { kernel.enter(*this); }
    void back() { kernel.leave(*this); }

    fibers::scheduler& kernel;
    std::function<void(side&)> body;
    bool begun = false;
};

TEST_F(side_stack_test, runs_between_steps) {
    start([this] {
        side s(kernel(), [this](side& self) {
            note("1");
            self.back();
            note("2");
            self.back();
            note("3");
        });
        ASSERT_TRUE(s.begun);
        note("before");
        s.step();
        note("between");
        s.step();
        EXPECT_TRUE(s.live());
        s.step();
        EXPECT_FALSE(s.live());
        note("after");
    });
    run();
    EXPECT_EQ(log(), (log_lines{"before", "1", "between", "2", "3", "after"}));
}

TEST_F(side_stack_test, stays_the_same_fiber) {
    start([this] {
        fibers::fiber* self = kernel().current();
        side s(kernel(), [&](side& on) {
            EXPECT_EQ(kernel().current(), self);
            EXPECT_TRUE(kernel().is_on(on));
            on.back();
        });
        EXPECT_FALSE(kernel().is_on(s));
        s.step();
        EXPECT_EQ(kernel().current(), self);
        EXPECT_FALSE(kernel().is_on(s));
        s.step();
    });
    run();
}

TEST_F(side_stack_test, blocks_and_is_cancelled_as_its_fiber) {
    auto& f = start([this] {
        side s(kernel(), [&](side&) {
            EXPECT_EQ(sleep_for(std::chrono::hours(1)), wake_reason::timed_out);
            EXPECT_EQ(park(), wake_reason::cancelled);
            EXPECT_EQ(yield(), wake_reason::notified);
        });
        s.step();
        note("ended");
    });
    start([&] {
        sleep_for(std::chrono::hours(2));
        kernel().cancel(f);
    });
    run();
    EXPECT_EQ(log(), log_lines{"ended"});
}

TEST_F(side_stack_test, keeps_exceptions_in_hand_apart) {
    start([this] {
        side s(kernel(), [&](side& self) {
            try {
                throw std::runtime_error("side");
            } catch (const std::runtime_error&) {
                self.back();
                EXPECT_NE(std::current_exception(), nullptr);
            }
            EXPECT_EQ(std::current_exception(), nullptr);
        });
        s.step();
        EXPECT_EQ(std::current_exception(), nullptr);
        try {
            throw 5;
        } catch (int) {
            s.step();
            EXPECT_NE(std::current_exception(), nullptr);
        }
    });
    run();
}

TEST_F(side_stack_test, keeps_errno_apart) {
    start([this] {
        side s(kernel(), [&](side& self) {
            errno = EBADF;
            self.back();
            EXPECT_EQ(errno, EBADF);
        });
        errno = EINTR;
        s.step();
        EXPECT_EQ(errno, EINTR);
        s.step();
        EXPECT_EQ(errno, EINTR);
    });
    run();
}

TEST_F(side_stack_test, lie_on_each_other) {
    start([this] {
        side outer(kernel(), [&](side& a) {
            side inner(kernel(), [&](side& b) {
                note("inner");
                sleep_for(std::chrono::seconds(1));
                EXPECT_FALSE(kernel().is_on(a));
                b.back();
                note("inner again");
            });
            inner.step();
            a.back();
            inner.step();
        });
        outer.step();
        note("outside");
        outer.step();
        EXPECT_FALSE(outer.live());
    });
    run();
    EXPECT_EQ(log(), (log_lines{"inner", "outside", "inner again"}));
}

TEST_F(side_stack_test, serve_one_fiber_after_another) {
    std::optional<side> s;
    start([&] {
        s.emplace(kernel(), [this](side& self) {
            for (int i = 0; i < 3; ++i) {
                note(static_cast<test_fiber*>(kernel().current())->name());
                yield();
                self.back();
            }
        });
    });
    run();
    for (const char* name : {"a", "b", "c"}) {
        start([&] { s->step(); }).set_name(name);
        run();
    }
    start([&] { s->step(); });
    run();
    EXPECT_FALSE(s->live());
    EXPECT_EQ(log(), (log_lines{"a", "b", "c"}));
}

TEST_F(side_stack_test, give_their_stacks_back) {
    start([this] {
        for (int i = 0; i < 1000; ++i) {
            side s(kernel(), [](side& self) { self.back(); });
            s.step();
            s.step();
        }
    });
    run();
    EXPECT_LE(kernel().default_pool().idle(), 3U);
}

TEST_F(side_stack_test, are_refused_when_there_is_no_memory) {
    start([this] {
        memory().refuse(memory_faults::call::mmap, ENOMEM);
        std::deque<side> many;
        while (many.size() < 100'000) {
            side& s = many.emplace_back(kernel(), [](side&) {});
            if (!s.begun) {
                EXPECT_EQ(errno, ENOMEM);
                EXPECT_FALSE(s.live());
                break;
            }
        }
        EXPECT_FALSE(many.back().begun);
        memory().heal();
        for (side& s : many) {
            if (s.live()) {
                s.step();
            }
        }
    });
    run();
}

} // namespace
} // namespace weft::test
