// SPDX-License-Identifier: BSL-1.0
//
// Who is told that a future is done without waiting for it: its callbacks, and the report of an
// error that nobody asked for.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using future_callbacks_test = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::exception_ptr error(const char* text) {
    return std::make_exception_ptr(std::runtime_error(text));
}

// --- callbacks ---

TEST_F(future_callbacks_test, callbacks_are_queued_in_order_and_get_the_future) {
    const unshuffled order;
    in_virtual_time([] {
        future<int> f;
        std::string log;
        for (const char* name : {"a", "b"}) {
            f.add_done_callback(
                [&log, name](future<int> done) { log += name + std::to_string(done.result()); });
        }
        const auto removed = f.add_done_callback([&](const future<int>&) { log += "removed"; });
        EXPECT_TRUE(f.remove_done_callback(removed));
        EXPECT_FALSE(f.remove_done_callback(removed));
        auto between = spawn([&] { log += " ready before "; });
        f.set_result(1);
        f.add_done_callback([&](const future<int>& done) {
            EXPECT_TRUE(done == f);
            log += "late";
        });
        EXPECT_EQ(log, "");
        yield_times(2);
        EXPECT_EQ(log, " ready before a1b1late");
        between.get();
    });
}

TEST_F(future_callbacks_test, callbacks_keep_it_alive_and_may_not_block) {
    in_virtual_time([] {
        std::string log;
        {
            const future<std::string> f;
            f.add_done_callback([&](const future<std::string>& done) {
                log += done.result();
                EXPECT_THROW(yield(), not_in_task);
                EXPECT_THROW(future<int>().get(), not_in_task);
                EXPECT_THROW(future<int>().wait(), not_in_task);
            });
            f.set_result("value");
        }
        EXPECT_EQ(log, "");
        settle();
        EXPECT_EQ(log, "value");
    });
}

TEST_F(future_callbacks_test, callbacks_of_one_that_is_never_set_are_destroyed_uncalled) {
    in_virtual_time([] {
        live_count live;
        {
            const future<int> f;
            f.add_done_callback(
                [held = live.make()](const future<int>&) { ADD_FAILURE() << "called"; });
            EXPECT_EQ(live.alive(), 1);
        }
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(future_callbacks_test, a_callback_that_throws_is_reported_and_the_others_run) {
    stderr_lines captured;
    in_virtual_time([] {
        bool other = false;
        const future<void> f;
        f.add_done_callback([](const future<void>&) { throw std::runtime_error("boom"); });
        f.add_done_callback([&](const future<void>&) { other = true; });
        f.cancel();
        settle();
        EXPECT_TRUE(other);
    });
    EXPECT_THAT(captured.finish(), ElementsAre(AllOf(HasSubstr("done callback"), HasSubstr("boom"),
                                                     HasSubstr("future"))));
}

// --- reports ---

TEST_F(future_callbacks_test, an_error_that_nobody_asked_for_is_reported_once) {
    stderr_lines captured;
    in_virtual_time([] {
        const auto copy = [] {
            future<int> f;
            f.set_exception(error("unread"));
            return f;
        }();
        copy.wait(); // is not asking
        EXPECT_TRUE(copy.done());
    });
    EXPECT_THAT(captured.finish(),
                ElementsAre(AllOf(HasSubstr("unretrieved exception: future"),
                                  HasSubstr("std::runtime_error: unread"), HasSubstr("made at"))));
}

TEST_F(future_callbacks_test, an_error_that_somebody_asked_for_is_not_reported) {
    stderr_lines captured;
    in_virtual_time([] {
        const auto failed = [] {
            future<int> f;
            f.set_exception(error("read"));
            return f;
        };
        EXPECT_EQ(end_of([&] { failed().get(); }), "error: read");
        EXPECT_EQ(end_of([&] { failed().result(); }), "error: read");
        EXPECT_NE(failed().exception(), nullptr);
        EXPECT_FALSE(failed().cancel()); // nor one that somebody wanted cancelled
    });
    EXPECT_TRUE(captured.finish().empty());
}

} // namespace
} // namespace weft::test
