// SPDX-License-Identifier: BSL-1.0
//
// Errors nobody asked for are reported exactly once, with type, text, task name and spawn site;
// those that somebody read are not.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using report_test = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// What body, as the main task of a run, puts on stderr.
template <class F>
std::vector<std::string> reports_of(F body) {
    stderr_lines captured;
    run({.virtual_time = true}, body);
    return captured.finish();
}

// What reports say of a task spawned at this line; not every compiler knows.
std::string site(int line) {
    return detail::std_source_location::current().line() == 0
               ? "unknown place"
               : "report_test.cpp:" + std::to_string(line);
}

void fail() {
    throw std::runtime_error("boom");
}

TEST_F(report_test, names_type_text_task_and_place) {
    int line = 0;
    const auto lines = reports_of([&] {
        line = __LINE__ + 1;
        spawn({.name = "unread"}, fail).detach();
        yield();
    });
    EXPECT_THAT(lines,
                ElementsAre(AllOf(StartsWith("weft: "), HasSubstr("task 'unread': "),
                                  HasSubstr("std::runtime_error: boom"), HasSubstr(site(line)))));
}

TEST_F(report_test, knows_the_place_of_a_plain_spawn_too) {
    int line = 0;
    const auto lines = reports_of([&] {
        line = __LINE__ + 1;
        spawn(fail).detach();
        yield();
    });
    EXPECT_THAT(lines, ElementsAre(AllOf(HasSubstr("task 'task-"), HasSubstr(site(line)))));
}

TEST_F(report_test, comes_when_the_last_handle_goes) {
    stderr_lines captured;
    in_virtual_time([&] {
        auto t = spawn(fail);
        auto view = t.view();
        t.wait(); // waiting is not reading
        EXPECT_THAT(captured.lines(), IsEmpty());
        t = {};
        EXPECT_THAT(captured.lines(), IsEmpty());
        view = spawn([] {}).view();
        EXPECT_EQ(captured.lines().size(), 1u);
    });
    EXPECT_EQ(captured.finish().size(), 1u);
}

TEST_F(report_test, comes_at_once_for_a_detached_task) {
    stderr_lines captured;
    in_virtual_time([&] {
        spawn(fail).detach();
        yield_times(2);
        EXPECT_EQ(captured.lines().size(), 1u);
    });
    EXPECT_EQ(captured.finish().size(), 1u);
}

TEST_F(report_test, is_not_made_for_an_error_that_was_read) {
    EXPECT_THAT(reports_of([] {
                    auto by_get = spawn(fail);
                    EXPECT_THROW(by_get.get(), std::runtime_error);

                    auto by_result = spawn(fail);
                    by_result.wait();
                    EXPECT_THROW(by_result.result(), std::runtime_error);

                    auto by_exception = spawn(fail);
                    by_exception.wait();
                    EXPECT_NE(by_exception.exception(), nullptr);

                    auto by_view = spawn(fail);
                    EXPECT_THROW(by_view.view().get(), std::runtime_error);

                    auto by_views_exception = spawn(fail);
                    by_views_exception.wait();
                    EXPECT_NE(by_views_exception.view().exception(), nullptr);

                    auto and_detached = spawn(fail);
                    and_detached.wait();
                    EXPECT_THROW(and_detached.view().get(), std::runtime_error);
                    and_detached.detach();
                }),
                IsEmpty());
}

TEST_F(report_test, is_made_though_the_task_was_waited_for_or_asked_whether_it_is_done) {
    EXPECT_EQ(reports_of([] {
                  auto t = spawn(fail);
                  t.wait();
                  EXPECT_TRUE(t.done());
                  EXPECT_FALSE(t.cancelled());
                  EXPECT_FALSE(t.cancel()); // asking a finished task to stop reads nothing
              }).size(),
              1u);
}

TEST_F(report_test, is_not_made_for_values_and_cancels) {
    EXPECT_THAT(reports_of([] {
                    spawn([] { return 1; }).detach();
                    spawn(sleep_until_cancelled).detach();
                    spawn([] { throw cancelled("by itself"); }).detach();
                    auto t = spawn(sleep_until_cancelled);
                    yield_times(2);
                }),
                IsEmpty());
}

TEST_F(report_test, is_made_for_what_is_no_std_exception) {
    struct own_type {};
    EXPECT_THAT(reports_of([] {
                    spawn([] { throw 5; }).detach();
                    spawn([] { throw own_type(); }).detach();
                    settle();
                }),
                testing::UnorderedElementsAre(HasSubstr("int"), HasSubstr("own_type")));
}

TEST_F(report_test, is_made_for_an_error_thrown_while_a_handle_cancels_and_joins) {
    EXPECT_THAT(reports_of([] {
                    auto t = spawn({.name = "bad cleaner"}, [] {
                        EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                        throw std::runtime_error("while cleaning up");
                    });
                    settle();
                }),
                ElementsAre(AllOf(HasSubstr("bad cleaner"), HasSubstr("while cleaning up"))));
}

TEST_F(report_test, is_made_for_left_tasks_that_fail_when_run_ends) {
    EXPECT_THAT(reports_of([] {
                    spawn({.name = "left"}, [] {
                        EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                        throw std::runtime_error("at the end");
                    }).detach();
                    yield();
                }),
                ElementsAre(AllOf(HasSubstr("'left'"), HasSubstr("at the end"))));
}

TEST_F(report_test, is_not_made_for_mains_own_error) {
    stderr_lines captured;
    EXPECT_THROW(run(fail), std::runtime_error);
    EXPECT_THAT(captured.finish(), IsEmpty());
}

TEST_F(report_test, is_made_for_the_error_of_main_that_a_deadlock_hides) {
    stderr_lines captured;
    EXPECT_THROW(run([] {
                     current_task().set_name("main");
                     EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                     throw std::runtime_error("also this");
                 }),
                 deadlock_error);
    EXPECT_THAT(captured.finish(), ElementsAre(AllOf(HasSubstr("'main'"), HasSubstr("also this"))));
}

TEST_F(report_test, comes_also_when_the_handle_outlives_the_loop) {
    stderr_lines captured;
    {
        auto t = run([] {
            auto inner = spawn({.name = "outliving"}, fail);
            inner.wait();
            return inner;
        });
        EXPECT_THAT(captured.lines(), IsEmpty());
    }
    EXPECT_THAT(captured.finish(), ElementsAre(HasSubstr("'outliving'")));
}

TEST_F(report_test, uses_the_name_of_the_end) {
    EXPECT_THAT(reports_of([] {
                    auto t = spawn({.name = "old"}, fail);
                    t.set_name("new");
                    t.wait();
                }),
                ElementsAre(HasSubstr("'new'")));
}

} // namespace
} // namespace weft::test
