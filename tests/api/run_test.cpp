// SPDX-License-Identifier: BSL-1.0
//
// run(): what it returns and throws, what it does with the tasks that are left, and that it can be
// called again, but not inside itself.
#include "tests/support/api_fixture.hpp"

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using run_test = api_test;

TEST_F(run_test, returns_what_main_returns) {
    EXPECT_EQ(run([] { return 42; }), 42);
    EXPECT_EQ(run([] { return std::string("text"); }), "text");
    EXPECT_EQ(run([] { return move_only(7); }).value(), 7);
    EXPECT_EQ(*run([] { return std::make_unique<int>(8); }), 8);
    bool ran = false;
    run([&] { ran = true; });
    EXPECT_TRUE(ran);
    static_assert(std::is_void_v<decltype(run([] {}))>);
}

TEST_F(run_test, returns_a_reference_as_a_reference) {
    std::string text = "here";
    std::string& same = run([&]() -> std::string& { return text; });
    EXPECT_EQ(&same, &text);
    const std::string& read_only = run([&]() -> const std::string& { return text; });
    EXPECT_EQ(&read_only, &text);
    std::string&& movable = run([&]() -> std::string&& { return std::move(text); });
    EXPECT_EQ(&movable, &text);
}

int main_function() {
    yield();
    return 3;
}

struct main_object {
    explicit main_object(int v) : value(std::make_unique<int>(v)) {}
    int operator()() && {
        yield();
        return *value;
    }
    std::unique_ptr<int> value;
};

TEST_F(run_test, takes_any_callable) {
    EXPECT_EQ(run(main_function), 3);
    EXPECT_EQ(run(&main_function), 3);
    EXPECT_EQ(run(main_object(4)), 4);
    const auto constant = [] { return 5; };
    EXPECT_EQ(run(constant), 5);
    EXPECT_EQ(run({}, [p = std::make_unique<int>(6)] { return *p; }), 6);
}

TEST_F(run_test, rethrows_what_main_throws) {
    EXPECT_EQ(text_of<std::runtime_error>([] { run([] { throw std::runtime_error("boom"); }); }),
              "boom");
    EXPECT_THROW(run([]() -> int { throw 17; }), int); // NOLINT(hicpp-exception-baseclass)
    EXPECT_EQ(end_of([] { run([] { throw cancelled("by itself"); }); }), "cancelled: by itself");
}

TEST_F(run_test, throws_cancelled_when_main_was_cancelled) {
    EXPECT_EQ(end_of([] {
                  run([] {
                      task_ref main = current_task();
                      auto other = spawn([main]() mutable { main.cancel("enough"); });
                      sleep_until_cancelled();
                  });
              }),
              "cancelled: enough");
    EXPECT_EQ(end_of([] { run([] { current_task().cancel(); }); }), "cancelled");
}

TEST_F(run_test, can_be_called_again) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(run([i] {
                      auto t = spawn([i] { return i; });
                      return t.get();
                  }),
                  i);
        EXPECT_THROW(run([] { throw std::runtime_error("a failing run"); }), std::runtime_error);
    }
}

TEST_F(run_test, may_be_called_while_an_exception_is_handled_or_in_flight) {
    const auto body = [] {
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        EXPECT_EQ(std::current_exception(), nullptr);
        EXPECT_EQ(end_of([] { throw std::logic_error("inside"); }), "error: inside");
        auto t = spawn(sleep_until_cancelled);
        yield();
        t.cancel();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
    };
    EXPECT_EQ(text_of<std::runtime_error>([&] {
                  try {
                      throw std::runtime_error("outside");
                  } catch (const std::runtime_error& e) {
                      run(body);
                      EXPECT_STREQ(e.what(), "outside");
                      throw;
                  }
              }),
              "outside");
    EXPECT_EQ(text_of<std::runtime_error>([&] {
                  const at_scope_end unwinding([&] {
                      run(body);
                      EXPECT_EQ(std::uncaught_exceptions(), 1);
                  });
                  throw std::runtime_error("in flight");
              }),
              "in flight");
}

TEST_F(run_test, inside_itself_is_refused_and_the_outer_one_goes_on) {
    in_virtual_time([] {
        const std::string text = text_of<invalid_state>([] { run([] {}); });
        EXPECT_NE(text.find("weft::run"), std::string::npos) << text;
        EXPECT_THROW(run({.virtual_time = true}, [] { return 1; }), invalid_state);
        sleep_for(std::chrono::seconds(1));
        auto t = spawn([] { return 5; });
        EXPECT_EQ(t.get(), 5);
    });
}

TEST_F(run_test, inside_a_callback_is_refused_too) {
    in_virtual_time([] {
        bool refused = false;
        auto t = spawn([] {});
        t.add_done_callback([&](const task_ref&) {
            try {
                run([] {});
            } catch (const invalid_state&) {
                refused = true;
            }
        });
        t.get();
        yield();
        EXPECT_TRUE(refused);
    });
}

TEST_F(run_test, destroys_main_before_the_loop) {
    struct needs_the_loop {
        bool* had_it;
        needs_the_loop(bool* b) : had_it(b) {}
        needs_the_loop(needs_the_loop&& other) noexcept
            : had_it(std::exchange(other.had_it, nullptr)) {}
        ~needs_the_loop() {
            if (had_it != nullptr) {
                yield(); // the destructor runs as part of the task
                *had_it = true;
            }
        }
        void operator()() const {}
    };
    bool had_it = false;
    run(needs_the_loop(&had_it));
    EXPECT_TRUE(had_it);
}

TEST_F(run_test, cancels_and_joins_the_tasks_that_are_left) {
    const unshuffled order;
    live_count live;
    std::string log;
    run({.virtual_time = true}, [&] {
        for (const char* name : {"a", "b"}) {
            spawn([&, name, held = live.make()] {
                try {
                    sleep_until_cancelled();
                } catch (const cancelled&) {
                    log += std::string(name) + " cancelled, ";
                    sleep_for(std::chrono::hours(1)); // cleaning up may block
                    log += std::string(name) + " cleaned up, ";
                    throw;
                }
            }).detach();
        }
        yield();
        log += "main ends, ";
    });
    EXPECT_EQ(log, "main ends, a cancelled, b cancelled, a cleaned up, b cleaned up, ");
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(run_test, left_tasks_that_never_began_are_not_begun) {
    live_count live;
    bool began = false;
    run([&] { spawn([&, held = live.make()] { began = true; }).detach(); });
    EXPECT_FALSE(began);
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(run_test, left_tasks_are_ended_also_when_main_fails) {
    live_count live;
    EXPECT_THROW(run([&] {
                     spawn([held = live.make()] { sleep_until_cancelled(); }).detach();
                     yield();
                     throw std::runtime_error("main fails");
                 }),
                 std::runtime_error);
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(run_test, a_task_that_is_spawned_while_the_others_end_is_ended_too) {
    live_count live;
    bool cleaned = false;
    run({.virtual_time = true}, [&] {
        spawn([&] {
            const at_scope_end clean([&] {
                // A helper of the cleaning is not cut off, what outlives it is.
                spawn([held = live.make()] { sleep_until_cancelled(); }).detach();
                auto helper = spawn([&] {
                    sleep_for(std::chrono::minutes(1));
                    cleaned = true;
                });
                helper.get();
            });
            sleep_until_cancelled();
        }).detach();
        yield();
    });
    EXPECT_TRUE(cleaned);
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(run_test, does_not_wait_for_the_sleep_of_such_a_task) {
    const auto begin = clock::now();
    run([] { // in real time
        spawn([] {
            const at_scope_end clean(
                [] { spawn([] { sleep_for(std::chrono::hours(1)); }).detach(); });
            sleep_until_cancelled();
        }).detach();
        yield();
    });
    EXPECT_LT(clock::now() - begin, std::chrono::seconds(9)); // shutdown_timeout is 10
}

TEST_F(run_test, done_callbacks_of_the_last_tasks_run_before_it_returns) {
    std::string log;
    live_count live;
    run([&] {
        current_task().add_done_callback(
            [&, held = live.make()](const task_ref& t) { log += t.done() ? "main, " : "?"; });
        auto left = spawn([] { sleep_until_cancelled(); });
        left.add_done_callback(
            [&, held = live.make()](const task_ref& t) { log += t.cancelled() ? "left" : "?"; });
        left.detach();
        yield();
    });
    EXPECT_EQ(log, "main, left");
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(run_test, a_callback_at_the_end_may_spawn_a_last_task) {
    live_count live;
    bool began = false;
    run([&] {
        current_task().add_done_callback([&, held = live.make()](const task_ref&) {
            spawn([&began, held] {
                began = true;
                sleep_until_cancelled();
            }).detach();
        });
    });
    EXPECT_EQ(live.alive(), 0);
    static_cast<void>(
        began); // it is cancelled; whether before or after its first step is not promised
}

TEST_F(run_test, a_handle_may_be_its_result) {
    auto t = run([] { return spawn([] { sleep_until_cancelled(); }); });
    EXPECT_TRUE(t.done());
    EXPECT_TRUE(t.cancelled());
    EXPECT_THROW(t.get(), cancelled);

    auto done = run([] {
        auto inner = spawn([] { return 5; });
        inner.wait();
        return inner;
    });
    EXPECT_EQ(done.result(), 5);
    EXPECT_EQ(done.get(), 5);
}

TEST_F(run_test, options_can_be_named_or_kept) {
    const run_options options{.stack_size = 64 * 1024, .virtual_time = true};
    EXPECT_EQ(run(options, [] { return 1; }), 1);
    EXPECT_EQ(run({.stack_size = 1}, [] { return 2; }), 2); // rounded up to the smallest
}

TEST_F(run_test, an_absurd_default_stack_size_is_an_error_of_run) {
    bool ran = false;
    EXPECT_THROW(run({.stack_size = SIZE_MAX / 2}, [&] { ran = true; }), spawn_error);
    EXPECT_THROW(run({.stack_size = SIZE_MAX}, [&] { ran = true; }), spawn_error);
    EXPECT_FALSE(ran);
    EXPECT_EQ(run([] { return 1; }), 1);
}

} // namespace
} // namespace weft::test
