// SPDX-License-Identifier: BSL-1.0
//
// task_options::eager: the body runs inside spawn() until it first blocks.
#include "tests/support/api_fixture.hpp"

#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using eager_test = api_test;

TEST_F(eager_test, runs_until_the_first_block) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn({.eager = true}, [&] {
            log += "begin ";
            yield();
            log += "end";
        });
        log += "main ";
        EXPECT_FALSE(t.done());
        t.get();
        EXPECT_EQ(log, "begin main end");
    });
}

TEST_F(eager_test, that_does_not_block_is_done_at_once) {
    in_virtual_time([] {
        auto t = spawn({.eager = true}, [] { return 5; });
        EXPECT_TRUE(t.done());
        EXPECT_FALSE(t.cancel());
        EXPECT_EQ(t.cancelling(), 0);
        EXPECT_EQ(t.get(), 5);
    });
}

TEST_F(eager_test, does_not_let_others_in_between) {
    const unshuffled order;
    in_virtual_time([] {
        std::string log;
        auto ready = spawn([&] { log += "ready "; });
        auto t = spawn({.eager = true}, [&] {
            log += "eager ";
            sleep_for(std::chrono::hours(1));
        });
        log += "main ";
        yield();
        EXPECT_EQ(log, "eager main ready ");
        t.get();
    });
}

TEST_F(eager_test, keeps_its_error_for_those_who_ask) {
    in_virtual_time([] {
        auto t = spawn({.eager = true}, [] { throw std::runtime_error("boom"); });
        EXPECT_TRUE(t.done());
        EXPECT_EQ(end_of([&] { t.get(); }), "error: boom");
    });
}

TEST_F(eager_test, is_the_current_task_while_it_runs) {
    in_virtual_time([] {
        const task_ref creator = current_task();
        auto t = spawn({.name = "eager", .eager = true}, [&] {
            EXPECT_EQ(current_task().name(), "eager");
            EXPECT_FALSE(current_task() == creator);
            EXPECT_EQ(names_of_all_tasks(), (std::vector<std::string>{"main", "eager"}));
            yield();
            EXPECT_EQ(current_task().name(), "eager");
        });
        EXPECT_TRUE(current_task() == creator);
        t.get();
    });
}

TEST_F(eager_test, can_nest) {
    in_virtual_time([] {
        std::string log;
        auto outer = spawn({.eager = true}, [&] {
            log += "outer ";
            auto inner = spawn({.eager = true}, [&] {
                log += "inner ";
                auto innermost = spawn({.eager = true}, [&] { log += "innermost "; });
                EXPECT_TRUE(innermost.done());
                yield();
                log += "inner again ";
            });
            log += "outer again ";
            inner.get();
        });
        log += "main ";
        outer.get();
        EXPECT_EQ(log, "outer inner innermost outer again main inner again ");
    });
}

TEST_F(eager_test, can_cancel_its_creator_and_itself) {
    in_virtual_time([] {
        auto creator = spawn([] {
            task_ref self = current_task();
            auto t = spawn({.eager = true}, [&] { self.cancel("by the child"); });
            EXPECT_TRUE(t.done());
            yield();
        });
        EXPECT_EQ(end_of([&] { creator.get(); }), "cancelled: by the child");

        auto itself = spawn({.eager = true}, [] {
            current_task().cancel();
            return 1;
        });
        EXPECT_TRUE(itself.cancelled());
    });
}

TEST_F(eager_test, works_from_a_callback) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn([] {});
        t.add_done_callback([&](const task_ref&) {
            auto eager = spawn({.eager = true}, [&] {
                log += "eager ";
                yield();
                log += "end";
            });
            log += "callback ";
            eager.detach();
            // Done already: nothing is left to be ready.
            EXPECT_TRUE(spawn({.eager = true}, [] {}).done());
            EXPECT_THROW(static_cast<void>(current_task()), not_in_task);
        });
        t.get();
        yield_times(3);
        EXPECT_EQ(log, "eager callback end");
    });
}

TEST_F(eager_test, a_block_in_a_chain_of_them_comes_back_to_each_creator) {
    in_virtual_time([] {
        std::string log;
        struct {
            std::string& log;
            void operator()(int depth) const {
                if (depth == 0) {
                    yield();
                    return;
                }
                auto next = spawn({.eager = true}, *this, depth - 1);
                log += std::to_string(depth);
                next.get();
                log += std::to_string(depth);
            }
        } const chain{log};
        chain(5);
        EXPECT_EQ(log, "1234512345");
    });
}

} // namespace
} // namespace weft::test
