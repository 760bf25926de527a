// SPDX-License-Identifier: BSL-1.0
//
// Green threads that wait for each other for ever: a report while nobody else could wake them. In
// processes of their own, because a process that has had another thread counts as having one.
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/green.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>

namespace weft::test {
namespace {

using testing::ContainsRegex;

// Runs body and shows the deadlock that it ends in.
template <class F>
[[noreturn]] void show_deadlock(F body) {
    const std::string text = text_of<deadlock_error>([&] { run(body); });
    std::fputs(text.c_str(), stderr);
    std::exit(text.empty() ? 1 : 0);
}

class green_deadlock_death : public green_fixture {
  protected:
    void SetUp() override {
        if (thread_sanitizer) {
            GTEST_SKIP() << "ThreadSanitizer has a thread of its own";
        }
        GTEST_FLAG_SET(death_test_style, "threadsafe");
        green_fixture::SetUp();
    }
};

TEST_F(green_deadlock_death, of_two_mutexes_names_the_holders) {
    EXPECT_EXIT(show_deadlock([] {
                    current_task().set_name("main");
                    green::mutex a;
                    green::mutex b;
                    auto other = spawn({.name = "other"}, [&] {
                        const std::lock_guard first(b);
                        yield();
                        const std::lock_guard second(a);
                    });
                    const std::lock_guard first(a);
                    yield();
                    const std::lock_guard second(b);
                }),
                testing::ExitedWithCode(0),
                ContainsRegex("'main'.*weft::green::mutex::lock for the object at .*, held by task "
                              "'other'(.|\n)*'other'.*held by task 'main'"));
}

TEST_F(green_deadlock_death, of_what_never_comes_names_the_call) {
    EXPECT_EXIT(show_deadlock([] {
                    green::promise<int> p;
                    p.get_future().wait();
                }),
                testing::ExitedWithCode(0), "weft::green::future::wait");
}

} // namespace
} // namespace weft::test
