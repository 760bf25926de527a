// SPDX-License-Identifier: BSL-1.0
//
// context_var: what a task sees of what others have set.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_fixture.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace weft::test {
namespace {

using context_var_test = api_test;

TEST_F(context_var_test, has_its_default_until_it_is_set) {
    context_var<std::string> name("nobody");
    EXPECT_EQ(name.get(), "nobody");
    in_virtual_time([&] {
        EXPECT_EQ(name.get(), "nobody");
        name.set("main");
        EXPECT_EQ(name.get(), "main");
    });
    EXPECT_EQ(name.get(), "nobody");
}

TEST_F(context_var_test, is_inherited_at_spawn_and_separate_from_then_on) {
    in_virtual_time([] {
        context_var<int> depth(0);
        depth.set(1);
        auto child = spawn([&] {
            EXPECT_EQ(depth.get(), 1); // as it was when it was spawned
            depth.set(10);
            auto grandchild = spawn([&] { return depth.get(); });
            depth.set(11);
            EXPECT_EQ(grandchild.get(), 10);
            return depth.get();
        });
        depth.set(2);
        EXPECT_EQ(child.get(), 11);
        EXPECT_EQ(depth.get(), 2);
    });
}

TEST_F(context_var_test, is_inherited_from_the_thread_that_runs_the_loop) {
    context_var<int> level(0);
    const auto outer = level.with(5);
    in_virtual_time([&] {
        EXPECT_EQ(level.get(), 5);
        level.set(6);
    });
    EXPECT_EQ(level.get(), 5);
}

TEST_F(context_var_test, keeps_several_apart) {
    in_virtual_time([] {
        context_var<int> a(1);
        context_var<std::string> b("b");
        context_var<int> c(3);
        b.set("bb");
        c.set(33);
        EXPECT_EQ(a.get(), 1);
        EXPECT_EQ(b.get(), "bb");
        EXPECT_EQ(c.get(), 33);
        b.set("bbb");
        EXPECT_EQ(b.get(), "bbb");
        EXPECT_EQ(c.get(), 33);
    });
}

TEST_F(context_var_test, with_takes_back_what_it_set) {
    in_virtual_time([] {
        context_var<int> v(0);
        {
            const auto outer = v.with(1);
            EXPECT_EQ(v.get(), 1);
            {
                const auto inner = v.with(2);
                EXPECT_EQ(v.get(), 2);
            }
            EXPECT_EQ(v.get(), 1);
            try {
                const auto thrown_out_of = v.with(3);
                throw std::runtime_error("");
            } catch (const std::runtime_error&) {
            }
            EXPECT_EQ(v.get(), 1);
        }
        EXPECT_EQ(v.get(), 0);
    });
}

TEST_F(context_var_test, is_seen_by_callbacks_as_when_they_were_added) {
    in_virtual_time([] {
        context_var<int> v(0);
        int seen = -1;
        auto t = spawn([] {});
        v.set(1);
        t.add_done_callback([&](const task_ref&) {
            seen = v.get();
            v.set(100); // in the callback's own copy
        });
        v.set(2);
        t.get();
        yield();
        EXPECT_EQ(seen, 1);
        EXPECT_EQ(v.get(), 2);
    });
}

TEST_F(context_var_test, gives_its_values_back_with_the_last_task_that_saw_them) {
    in_virtual_time([] {
        live_count live;
        context_var<std::shared_ptr<live_count::object>> v(nullptr);
        auto t = spawn([&] {
            v.set(std::make_shared<live_count::object>(live));
            auto child = spawn([&] { yield_times(5); });
            child.detach();
        });
        t.get();
        EXPECT_EQ(live.alive(), 1);
        yield_times(10);
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(context_var_test, of_a_generator_are_its_readers) {
    in_virtual_time([] {
        context_var<int> v(0);
        generator<int> g([&](generator<int>::sink& out) {
            out(v.get());
            v.set(7);
            out(v.get());
        });
        v.set(1);
        auto i = g.begin();
        EXPECT_EQ(*i, 1);
        ++i;
        EXPECT_EQ(v.get(), 7);
    });
}

TEST_F(context_var_test, is_copied_into_a_thread) {
    in_virtual_time([] {
        context_var<int> v(0);
        v.set(1);
        const int seen = to_thread([&] {
            const int before = v.get();
            v.set(50);
            return before;
        });
        EXPECT_EQ(seen, 1);
        EXPECT_EQ(v.get(), 1);
        EXPECT_EQ(to_thread([&] { return v.get(); }), 1); // not the last job's
    });
}

TEST_F(context_var_test, of_threads_are_separate) {
    context_var<int> v(0);
    const auto mine = v.with(1);
    int seen = -1;
    std::thread([&] { seen = v.get(); }).join();
    EXPECT_EQ(seen, 0);
}

} // namespace
} // namespace weft::test
