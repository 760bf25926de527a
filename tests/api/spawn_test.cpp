// SPDX-License-Identifier: BSL-1.0
//
// spawn(): what it takes, how it keeps it, when it runs it.
#include "tests/support/api_fixture.hpp"
#include "tests/support/stack_use.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using spawn_test = api_test;

int add(int a, int b) {
    return a + b;
}

struct counter {
    int value = 0;
    int increase(int by) { return value += by; }
    int read() const { return value; }
};

TEST_F(spawn_test, takes_functions_lambdas_and_members) {
    in_virtual_time([] {
        EXPECT_EQ(spawn(add, 1, 2).get(), 3);
        EXPECT_EQ(spawn(&add, 3, 4).get(), 7);
        EXPECT_EQ(spawn([] { return 5; }).get(), 5);
        EXPECT_EQ(spawn([](int a) { return a; }, 6).get(), 6);
        counter c;
        EXPECT_EQ(spawn(&counter::increase, &c, 7).get(), 7);
        EXPECT_EQ(spawn(&counter::increase, std::ref(c), 1).get(), 8);
        EXPECT_EQ(spawn(&counter::increase, c, 100).get(), 108); // a copy
        EXPECT_EQ(c.value, 8);
        EXPECT_EQ(spawn(&counter::read, &c).get(), 8);
        EXPECT_EQ(spawn(&counter::value, &c).get(), 8);
        EXPECT_EQ(spawn(std::function<int()>([] { return 9; })).get(), 9);
        const auto constant = [](int a) { return a; };
        EXPECT_EQ(spawn(constant, 10).get(), 10);
    });
}

TEST_F(spawn_test, decay_copies_its_arguments) {
    in_virtual_time([] {
        std::string text = "before";
        int numbers[] = {1, 2}; // NOLINT(modernize-avoid-c-arrays)
        auto t = spawn([](const std::string& copy, const char* literal,
                          const int* array) { return copy + literal + std::to_string(array[1]); },
                       text, " literal ", numbers);
        text = "after";
        numbers[1] = 4; // arrays decay to pointers
        EXPECT_EQ(t.get(), "before literal 4");
    });
}

TEST_F(spawn_test, passes_a_reference_only_when_told_so) {
    in_virtual_time([] {
        int target = 0;
        spawn([](int& t) { t = 1; }, std::ref(target)).get();
        EXPECT_EQ(target, 1);
        spawn([](int&& t) { t = 2; }, target).get();
        EXPECT_EQ(target, 1);
    });
}

TEST_F(spawn_test, moves_what_cannot_be_copied) {
    in_virtual_time([] {
        auto t = spawn(
            [held = std::make_unique<int>(1)](move_only argument) {
                return std::make_unique<int>(*held + argument.value());
            },
            move_only(2));
        EXPECT_EQ(*t.get(), 3);
        move_only named(4);
        EXPECT_EQ(spawn([](move_only m) { return m.value(); }, std::move(named)).get(), 4);
        EXPECT_EQ(named.value(), -1);
    });
}

TEST_F(spawn_test, calls_a_moved_callable_as_an_rvalue) {
    struct once {
        int operator()() && { return 1; }
        int operator()() & { return 2; }
    };
    in_virtual_time([] {
        EXPECT_EQ(spawn(once{}).get(), 1);
        const once lvalue{};
        EXPECT_EQ(spawn(lvalue).get(), 1);
    });
}

TEST_F(spawn_test, returns_values_references_and_nothing) {
    in_virtual_time([] {
        int target = 1;
        auto reference = spawn([&]() -> int& { return target; });
        static_assert(std::is_same_v<decltype(reference), task<int&>>);
        reference.wait();
        EXPECT_EQ(&reference.result(), &target);
        EXPECT_EQ(&reference.view().get(), &target);
        EXPECT_EQ(&reference.get(), &target);

        const std::string text = "constant";
        EXPECT_EQ(&spawn([&]() -> const std::string& { return text; }).get(), &text);

        std::string movable = "movable";
        auto rvalue = spawn([&]() -> std::string&& { return std::move(movable); });
        const std::string taken = rvalue.get();
        EXPECT_EQ(taken, "movable");
        EXPECT_EQ(movable, "");

        auto constant = spawn([]() -> const std::string { return "const"; });
        EXPECT_EQ(constant.get(), "const");

        auto nothing = spawn([] {});
        static_assert(std::is_same_v<decltype(nothing), task<void>>);
        static_assert(std::is_void_v<decltype(nothing.get())>);
        static_assert(std::is_void_v<decltype(nothing.result())>);
        nothing.wait();
        nothing.result();
        nothing.get();
    });
}

struct immovable {
    explicit immovable(int v) : value(v) {}
    immovable(const immovable&) = delete;
    int value;
};

TEST_F(spawn_test, a_result_need_not_be_movable_to_be_looked_at) {
    in_virtual_time([] {
        auto t = spawn([] { return immovable(3); });
        t.wait();
        EXPECT_EQ(t.result().value, 3);
    });
}

TEST_F(spawn_test, begins_in_the_next_turn_in_order) {
    const unshuffled order;
    in_virtual_time([] {
        std::string log;
        auto a = spawn([&] { log += "a"; });
        auto b = spawn([&] { log += "b"; });
        log += "main ";
        EXPECT_EQ(log, "main ");
        yield();
        EXPECT_EQ(log, "main ab");
    });
}

TEST_F(spawn_test, destroys_the_callable_before_the_end_is_announced) {
    in_virtual_time([] {
        live_count live;
        auto t = spawn([held = live.make()](const live_count::object&) {}, live.make());
        EXPECT_EQ(live.alive(), 2);
        t.wait();
        EXPECT_EQ(live.alive(), 0); // though the handle still holds the result
        t.get();
    });
}

TEST_F(spawn_test, destroys_the_callable_also_when_it_throws) {
    in_virtual_time([] {
        live_count live;
        auto t = spawn([held = live.make()] { throw std::runtime_error("boom"); });
        t.wait();
        EXPECT_EQ(live.alive(), 0);
        EXPECT_THROW(t.get(), std::runtime_error);
    });
}

TEST_F(spawn_test, destroys_the_result_with_the_last_handle) {
    in_virtual_time([] {
        live_count live;
        auto t = spawn([&] { return live.make(); });
        auto view = t.view();
        t.wait();
        EXPECT_EQ(live.alive(), 1);
        t = {};
        EXPECT_EQ(live.alive(), 1);
        view = task_view<live_count::object>(spawn([&] { return live.make(); }).view());
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(spawn_test, a_callable_that_fails_to_copy_starts_nothing) {
    struct fails_to_copy {
        fails_to_copy() = default;
        fails_to_copy(const fails_to_copy&) { throw std::runtime_error("no copy"); }
        void operator()() const {}
    };
    in_virtual_time([] {
        const fails_to_copy f;
        EXPECT_EQ(end_of([&] { spawn(f).get(); }), "error: no copy");
        EXPECT_EQ(all_tasks().size(), 1u);
    });
}

TEST_F(spawn_test, a_stack_size_of_its_own_is_given) {
    in_virtual_time([] {
        constexpr std::size_t large = std::size_t{4} << 20;
        auto deep = spawn({.stack_size = large}, [] { use_stack(large * 3 / 4); });
        deep.get();
        // The smallest one is enough for a task that does nothing.
        EXPECT_EQ(spawn({.stack_size = 1}, [] { return 1; }).get(), 1);
        // One size can be used by many.
        std::vector<task<void>> several;
        for (int i = 0; i < 3; ++i) {
            several.push_back(spawn({.stack_size = large}, [] {
                yield();
                use_stack(large / 2);
            }));
        }
        for (auto& t : several) {
            t.get();
        }
    });
}

TEST_F(spawn_test, options_can_be_kept_and_used_again) {
    in_virtual_time([] {
        task_options options;
        options.name = "twice";
        auto a = spawn(options, [] {});
        auto b = spawn(
            options, [](int) {}, 1);
        EXPECT_EQ(a.name(), "twice");
        EXPECT_EQ(b.name(), "twice");
    });
}

TEST_F(spawn_test, works_from_a_callback) {
    in_virtual_time([] {
        bool ran = false;
        auto t = spawn([] {});
        t.add_done_callback([&](const task_ref&) { spawn([&] { ran = true; }).detach(); });
        t.get();
        yield_times(2);
        EXPECT_TRUE(ran);
    });
}

} // namespace
} // namespace weft::test
