// SPDX-License-Identifier: BSL-1.0
//
// Done callbacks: queued in order of adding, never run inline, on the loop's own stack, where
// nothing may block.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using task_callbacks_test = api_test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(task_callbacks_test, run_in_order_of_adding_and_get_the_task) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn({.name = "t"}, [] { return 1; });
        for (const char* name : {"a", "b", "c"}) {
            t.add_done_callback([&log, name](const task_ref& done) {
                EXPECT_TRUE(done.done());
                EXPECT_EQ(done.name(), "t");
                log += name;
            });
        }
        t.wait();
        yield();
        EXPECT_EQ(log, "abc");
    });
}

TEST_F(task_callbacks_test, are_queued_not_run_inline) {
    const unshuffled order;
    in_virtual_time([] {
        std::string log;
        auto t = spawn([&] { log += "body "; });
        t.add_done_callback([&](const task_ref&) { log += "callback "; });
        auto next = spawn([&] { log += "next "; });
        next.get();
        yield();
        // `next` was ready in the same turn as the body; the callback comes in the turn after.
        EXPECT_EQ(log, "body next callback ");
    });
}

TEST_F(task_callbacks_test, and_waiters_come_in_order_of_their_adding) {
    const unshuffled order;
    in_virtual_time([] {
        std::string log;
        auto t = spawn([] { yield_times(2); });
        t.add_done_callback([&](const task_ref&) { log += "first "; });
        auto waiter = spawn([&] {
            t.wait();
            log += "waiter ";
        });
        yield();
        t.add_done_callback([&](const task_ref&) { log += "last "; });
        t.wait();
        yield();
        EXPECT_EQ(log, "first waiter last ");
        waiter.get();
    });
}

TEST_F(task_callbacks_test, added_to_a_finished_task_run_soon) {
    in_virtual_time([] {
        bool ran = false;
        auto t = spawn([] {});
        t.wait();
        t.add_done_callback([&](const task_ref&) { ran = true; });
        EXPECT_FALSE(ran);
        settle();
        EXPECT_TRUE(ran);
    });
}

TEST_F(task_callbacks_test, run_for_failed_and_cancelled_tasks_too) {
    const unshuffled order;
    in_virtual_time([] {
        std::string log;
        const auto note = [&](const task_ref& t) {
            log += t.cancelled() ? "cancelled " : "ended ";
        };
        auto failing = spawn([] { throw std::runtime_error("boom"); });
        failing.add_done_callback(note);
        auto stopped = spawn(sleep_until_cancelled);
        stopped.add_done_callback(note);
        auto never_begun = spawn([] {});
        never_begun.add_done_callback(note);
        never_begun.cancel();
        yield();
        stopped.cancel();
        EXPECT_THROW(failing.get(), std::runtime_error);
        stopped.wait();
        yield();
        EXPECT_EQ(log, "ended cancelled cancelled ");
    });
}

TEST_F(task_callbacks_test, can_be_removed) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn([] { yield(); });
        const callback_id a = t.add_done_callback([&](const task_ref&) { log += "a"; });
        const callback_id b = t.add_done_callback([&](const task_ref&) { log += "b"; });
        t.add_done_callback([&](const task_ref&) { log += "c"; });
        EXPECT_NE(a, b);
        EXPECT_TRUE(t.remove_done_callback(b));
        EXPECT_FALSE(t.remove_done_callback(b));
        EXPECT_FALSE(t.remove_done_callback(callback_id{0}));
        t.get();
        yield();
        EXPECT_EQ(log, "ac");
    });
}

TEST_F(task_callbacks_test, cannot_be_removed_once_they_are_queued) {
    const unshuffled order;
    in_virtual_time([] {
        bool ran = false;
        auto t = spawn([] {});
        const callback_id id = t.add_done_callback([&](const task_ref&) { ran = true; });
        auto remover = spawn([&] { // in the same turn as the end of t
            EXPECT_TRUE(t.done());
            EXPECT_FALSE(ran);
            EXPECT_FALSE(t.remove_done_callback(id));
        });
        remover.get();
        yield();
        EXPECT_TRUE(ran);
    });
}

TEST_F(task_callbacks_test, are_destroyed_after_they_ran_and_when_removed) {
    in_virtual_time([] {
        live_count live;
        auto t = spawn([] {});
        t.add_done_callback([held = live.make()](const task_ref&) {});
        const auto id = t.add_done_callback([held = live.make()](const task_ref&) {});
        EXPECT_EQ(live.alive(), 2);
        t.remove_done_callback(id);
        EXPECT_EQ(live.alive(), 1);
        t.get();
        yield();
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(task_callbacks_test, keep_the_task_they_get) {
    in_virtual_time([] {
        std::string name;
        auto t = spawn({.name = "gone"}, [] {});
        t.add_done_callback([&](const task_ref& done) { name = done.name(); });
        t.detach(); // the loop drops it at its end
        settle();
        EXPECT_EQ(name, "gone");
    });
}

TEST_F(task_callbacks_test, may_not_block) {
    in_virtual_time([] {
        std::vector<std::string> texts;
        auto sleeper = spawn([] { sleep_for(1h); });
        auto t = spawn([] {});
        t.add_done_callback([&](const task_ref&) {
            texts.push_back(text_of<not_in_task>(yield));
            texts.push_back(text_of<not_in_task>([] { sleep_for(1s); }));
            texts.push_back(text_of<not_in_task>([] { sleep_until(clock::now() + 1s); }));
            texts.push_back(text_of<not_in_task>([&] { sleeper.wait(); }));
            texts.push_back(text_of<not_in_task>([&] { sleeper.view().get(); }));
            texts.push_back(text_of<not_in_task>([&] { sleeper.get(); }));
            texts.push_back(text_of<not_in_task>([] { gather([] {}); }));
            texts.push_back(text_of<not_in_task>([] { static_cast<void>(current_task()); }));
        });
        t.get();
        settle();
        EXPECT_THAT(texts,
                    ElementsAre(HasSubstr("weft::yield"), HasSubstr("weft::sleep_for"),
                                HasSubstr("weft::sleep_until"), HasSubstr("weft::task::wait"),
                                HasSubstr("weft::task_view::get"), HasSubstr("weft::task::get"),
                                HasSubstr("weft::gather"), HasSubstr("weft::current_task")));
        for (const std::string& text : texts) {
            EXPECT_THAT(text, HasSubstr("callback"));
            EXPECT_THAT(text, HasSubstr("spawn"));
        }
        sleeper.get();
    });
}

TEST_F(task_callbacks_test, may_do_what_does_not_block) {
    in_virtual_time([] {
        auto done = spawn([] { return 3; });
        done.wait();
        auto sleeper = spawn({.name = "sleeper"}, sleep_until_cancelled);
        int value = 0;
        auto t = spawn([] {});
        t.add_done_callback([&](task_ref self) {
            EXPECT_EQ(all_tasks().size(), 2u);
            EXPECT_EQ(sleeper.name(), "sleeper");
            EXPECT_TRUE(sleeper.cancel());
            self.wait(); // done: does not block
            value = done.get();
            self.add_done_callback([&](const task_ref&) { value += 10; });
        });
        t.get();
        sleeper.wait();
        yield();
        EXPECT_EQ(value, 13);
    });
}

TEST_F(task_callbacks_test, that_throw_are_reported_and_stop_nothing) {
    stderr_lines captured;
    in_virtual_time([] {
        std::string log;
        auto t = spawn({.name = "subject"}, [] {});
        t.add_done_callback([](const task_ref&) { throw std::runtime_error("bad callback"); });
        t.add_done_callback([](const task_ref&) { throw 7; });
        t.add_done_callback([&](const task_ref&) { log += "third"; });
        t.get();
        settle();
        EXPECT_EQ(log, "third");
    });
    const auto lines = captured.finish();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_THAT(lines[0], HasSubstr("weft: "));
    EXPECT_THAT(lines[0], HasSubstr("callback"));
    EXPECT_THAT(lines[0], HasSubstr("task 'subject'"));
    EXPECT_THAT(lines[0], HasSubstr("std::runtime_error: bad callback"));
    EXPECT_THAT(lines[1], HasSubstr("int"));
}

TEST_F(task_callbacks_test, may_remove_each_other) {
    in_virtual_time([] {
        // Both belong to one task, so both are queued when it ends: too late to remove one.
        std::string log;
        auto t = spawn([] {});
        auto other = spawn([] { yield_times(3); });
        const auto id = other.add_done_callback([&](const task_ref&) { log += "removed?"; });
        t.add_done_callback([&](const task_ref&) {
            EXPECT_TRUE(other.remove_done_callback(id));
            log += "first ";
        });
        t.get();
        other.get();
        yield();
        EXPECT_EQ(log, "first ");
    });
}

TEST_F(task_callbacks_test, take_what_can_only_be_moved_by_sharing_it) {
    in_virtual_time([] {
        int value = 0;
        auto t = spawn([] {});
        t.add_done_callback([&, p = std::make_shared<int>(5)](const task_ref&) { value = *p; });
        t.get();
        yield();
        EXPECT_EQ(value, 5);
    });
}

TEST_F(task_callbacks_test, are_freed_with_a_task_that_is_never_begun) {
    live_count live;
    run([&] {
        auto t = spawn([] {});
        t.add_done_callback([held = live.make()](const task_ref&) {});
        t.detach();
    });
    EXPECT_EQ(live.alive(), 0);
}

} // namespace
} // namespace weft::test
