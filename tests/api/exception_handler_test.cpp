// SPDX-License-Identifier: BSL-1.0
//
// The loop's exception handler: what it is told, when, and what happens when it fails itself.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using exception_handler_test = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void fail() {
    throw std::runtime_error("boom");
}

// "message | text of the error | name of the task".
std::string line_of(const exception_context& c) {
    const std::string error = end_of([&] { std::rethrow_exception(c.exception); });
    return c.message + " | " + error + " | " + (c.task ? c.task->name() : "no task");
}

class told {
  public:
    told() {
        running_loop().set_exception_handler([this](const exception_context& c) {
            lines_.push_back(line_of(c));
            places_.push_back(c.where.line());
        });
    }
    const std::vector<std::string>& lines() const { return lines_; }
    const std::vector<unsigned>& places() const { return places_; }

  private:
    std::vector<std::string> lines_;
    std::vector<unsigned> places_;
};

TEST_F(exception_handler_test, is_told_of_an_unretrieved_error_with_its_task_and_place) {
    stderr_lines captured;
    in_virtual_time([] {
        const told handler;
        const unsigned line = __LINE__ + 1;
        spawn({.name = "unread"}, fail).detach();
        yield_times(2);
        EXPECT_THAT(handler.lines(), ElementsAre("unretrieved exception | error: boom | unread"));
        if (detail::std_source_location::current().line() != 0) {
            EXPECT_THAT(handler.places(), ElementsAre(line));
        }
        running_loop().set_exception_handler({});
    });
    EXPECT_THAT(captured.finish(), IsEmpty());
}

TEST_F(exception_handler_test, is_told_of_errors_in_callbacks_of_every_kind) {
    stderr_lines captured;
    in_virtual_time([] {
        const told handler;
        loop& l = running_loop();
        l.call_soon(fail);
        l.call_later(1s, fail);
        l.post(fail);
        auto t = spawn({.name = "ended"}, [] {});
        t.add_done_callback([](const task_ref&) { fail(); });
        sleep_for(2s);
        EXPECT_THAT(handler.lines(),
                    ElementsAre("exception in a callback | error: boom | no task",
                                "exception in a callback | error: boom | no task",
                                "exception in a done callback | error: boom | ended",
                                "exception in a callback | error: boom | no task"));
        l.set_exception_handler(nullptr);
    });
    EXPECT_THAT(captured.finish(), IsEmpty());
}

TEST_F(exception_handler_test, is_told_of_errors_at_the_end_of_the_loop) {
    std::vector<std::string> lines;
    run([&] {
        running_loop().set_exception_handler(
            [&](const exception_context& c) { lines.push_back(line_of(c)); });
        spawn({.name = "left"}, [] {
            try {
                sleep_until_cancelled();
            } catch (const cancelled&) {
                throw std::runtime_error("while cleaning up");
            }
        }).detach();
        yield_times(2);
    });
    EXPECT_THAT(lines, ElementsAre("unretrieved exception | error: while cleaning up | left"));
}

TEST_F(exception_handler_test, may_keep_the_task) {
    in_virtual_time([] {
        std::optional<task_ref> kept;
        running_loop().set_exception_handler([&](const exception_context& c) { kept = c.task; });
        spawn({.name = "kept"}, fail).detach();
        yield_times(2);
        ASSERT_TRUE(kept);
        EXPECT_EQ(kept->name(), "kept");
        EXPECT_TRUE(kept->done());
    });
}

TEST_F(exception_handler_test, that_throws_is_itself_reported_and_the_loop_goes_on) {
    stderr_lines captured;
    in_virtual_time([] {
        running_loop().set_exception_handler(
            [](const exception_context&) { throw std::logic_error("handler broke"); });
        spawn({.name = "unread"}, fail).detach();
        yield_times(2);
        EXPECT_EQ(spawn([] { return 1; }).get(), 1);
        running_loop().set_exception_handler(
            [](const exception_context&) { throw cancelled("from the handler"); });
        running_loop().call_soon(fail);
        yield_times(2);
    });
    EXPECT_THAT(captured.finish(),
                ElementsAre(AllOf(HasSubstr("exception in the exception handler"),
                                  HasSubstr("handler broke")),
                            AllOf(HasSubstr("'unread'"), HasSubstr("boom")),
                            HasSubstr("exception in the exception handler"), HasSubstr("boom")));
}

TEST_F(exception_handler_test, is_not_called_inside_itself) {
    stderr_lines captured;
    in_virtual_time([] {
        int calls = 0;
        running_loop().set_exception_handler([&](const exception_context& c) {
            ++calls;
            if (c.task) {
                auto inner = spawn({.name = "inner", .eager = true}, fail); // dropped here
            }
        });
        spawn({.name = "outer"}, fail).detach();
        yield_times(2);
        EXPECT_EQ(calls, 1);
        spawn({.name = "again"}, fail).detach();
        yield_times(2);
        EXPECT_EQ(calls, 2);
    });
    EXPECT_THAT(captured.finish(), ElementsAre(HasSubstr("'inner'"), HasSubstr("'inner'")));
}

TEST_F(exception_handler_test, may_be_replaced_by_itself) {
    in_virtual_time([] {
        std::vector<std::string> by;
        loop& l = running_loop();
        live_count live;
        l.set_exception_handler([&, held = live.make()](const exception_context&) {
            l.set_exception_handler([&](const exception_context&) { by.emplace_back("second"); });
            EXPECT_EQ(live.alive(), 1) << "not while it runs";
            by.emplace_back("first");
        });
        l.call_soon(fail);
        l.call_soon(fail);
        yield_times(2);
        EXPECT_THAT(by, ElementsAre("first", "second"));
        EXPECT_EQ(live.alive(), 0);
        l.set_exception_handler({});
    });
}

} // namespace
} // namespace weft::test
