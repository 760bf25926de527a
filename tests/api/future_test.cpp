// SPDX-License-Identifier: BSL-1.0
//
// future<T>: set once, read often, awaited by many; its misuse and its memory.
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using future_test = api_test;
using testing::AllOf;
using testing::HasSubstr;

std::exception_ptr error(const char* text) {
    return std::make_exception_ptr(std::runtime_error(text));
}

TEST_F(future_test, hands_a_value_from_one_task_to_another) {
    in_virtual_time([] {
        future<std::string> f;
        auto setter = spawn([f] {
            sleep_for(1h);
            f.set_result("value");
        });
        EXPECT_FALSE(f.done());
        EXPECT_EQ(f.get(), "value");
        EXPECT_TRUE(f.done());
        EXPECT_FALSE(f.cancelled());
        EXPECT_EQ(f.get(), "value"); // as often as you like
        EXPECT_EQ(f.result(), "value");
        EXPECT_EQ(f.exception(), nullptr);
        setter.get();
    });
}

TEST_F(future_test, may_be_of_void_of_a_reference_and_of_what_cannot_be_copied) {
    in_virtual_time([] {
        future<void> nothing;
        nothing.set_result();
        nothing.get();
        nothing.result();

        int target = 1;
        future<int&> reference;
        reference.set_result(target);
        static_assert(std::is_same_v<decltype(reference.get()), int&>);
        reference.get() = 2;
        EXPECT_EQ(target, 2);

        future<move_only> moved;
        moved.set_result(move_only(5));
        static_assert(std::is_same_v<decltype(moved.get()), const move_only&>);
        EXPECT_EQ(moved.get().value(), 5);
        future<const int> constant;
        EXPECT_TRUE(constant.try_set_result(3));
        EXPECT_EQ(constant.get(), 3);
    });
}

TEST_F(future_test, that_is_done_is_read_without_a_switch) {
    in_virtual_time([] {
        bool ran = false;
        auto other = spawn([&] { ran = true; });
        future<int> f;
        f.set_result(1);
        EXPECT_EQ(f.get(), 1);
        f.wait();
        EXPECT_FALSE(ran);
        other.get();
    });
}

TEST_F(future_test, wakes_all_who_wait_in_order_and_not_inline) {
    const unshuffled order;
    in_virtual_time([] {
        future<int> f;
        std::string log;
        const auto waiter = [&](const char* name) {
            return [&log, name, f] { log += name + std::to_string(f.get()); };
        };
        auto a = spawn(waiter("a"));
        auto b = spawn(waiter("b"));
        auto c = spawn([&log, f] {
            f.wait();
            log += "c";
        });
        yield_times(2);
        f.set_result(1);
        log += "set ";
        yield_times(2);
        EXPECT_EQ(log, "set a1b1c");
    });
}

TEST_F(future_test, gives_its_error_to_everyone_the_same_object) {
    in_virtual_time([] {
        future<int> f;
        f.set_exception(error("boom"));
        EXPECT_EQ(end_of([&] { f.get(); }), "error: boom");
        EXPECT_EQ(end_of([&] { f.result(); }), "error: boom");
        const void* first = nullptr;
        const void* second = nullptr;
        for (const void** seen : {&first, &second}) {
            try {
                f.get();
            } catch (const std::runtime_error& e) {
                *seen = &e;
            }
        }
        EXPECT_EQ(first, second);
        EXPECT_NE(f.exception(), nullptr);
        f.wait(); // does not throw it
    });
}

TEST_F(future_test, is_set_once) {
    in_virtual_time([] {
        future<int> f;
        f.set_result(1);
        EXPECT_THAT(text_of<invalid_state>([&] { f.set_result(2); }),
                    AllOf(HasSubstr("weft::future::set_result"), HasSubstr("is done already"),
                          HasSubstr("try_set_result")));
        EXPECT_THAT(text_of<invalid_state>([&] { f.set_exception(error("x")); }),
                    HasSubstr("weft::future::set_exception"));
        EXPECT_FALSE(f.try_set_result(2));
        EXPECT_FALSE(f.try_set_exception(error("x")));
        EXPECT_FALSE(f.cancel());
        EXPECT_EQ(f.get(), 1);

        future<void> cancelled;
        EXPECT_TRUE(cancelled.cancel("why"));
        EXPECT_TRUE(cancelled.cancelled());
        EXPECT_THAT(text_of<invalid_state>([&] { cancelled.set_result(); }),
                    HasSubstr("has been cancelled"));
        EXPECT_FALSE(cancelled.try_set_result());
        EXPECT_FALSE(cancelled.cancel("again"));
        EXPECT_EQ(end_of([&] { cancelled.get(); }), "cancelled: why");
        EXPECT_EQ(end_of([&] { cancelled.result(); }), "cancelled: why");
        EXPECT_EQ(end_of([&] { static_cast<void>(cancelled.exception()); }), "cancelled: why");
    });
}

TEST_F(future_test, asked_before_it_is_done_says_so) {
    in_virtual_time([] {
        const future<int> f;
        EXPECT_THAT(text_of<invalid_state>([&] { f.result(); }),
                    AllOf(HasSubstr("weft::future::result"), HasSubstr("wait for it first")));
        EXPECT_THAT(text_of<invalid_state>([&] { static_cast<void>(f.exception()); }),
                    HasSubstr("weft::future::exception"));
        EXPECT_THROW(f.set_exception(nullptr), std::invalid_argument);
        EXPECT_THROW(f.try_set_exception(nullptr), std::invalid_argument);
        EXPECT_FALSE(f.done());
    });
}

TEST_F(future_test, a_value_that_throws_when_it_is_moved_leaves_it_pending) {
    struct throws_once {
        explicit throws_once(bool* armed) noexcept : armed_(armed) {}
        throws_once(throws_once&& other) : armed_(other.armed_) {
            if (std::exchange(*armed_, false)) {
                throw std::runtime_error("no move");
            }
        }
        bool* armed_;
    };
    in_virtual_time([] {
        bool armed = true;
        future<throws_once> f;
        EXPECT_EQ(end_of([&] { f.set_result(throws_once(&armed)); }), "error: no move");
        EXPECT_FALSE(f.done());
        f.set_result(throws_once(&armed));
        EXPECT_TRUE(f.done());
    });
}

TEST_F(future_test, frees_its_value_with_the_last_handle) {
    in_virtual_time([] {
        live_count live;
        {
            future<live_count::object> f;
            f.set_result(live.make());
            const auto copy = f; // NOLINT(performance-unnecessary-copy-initialization)
            f = future<live_count::object>();
            EXPECT_EQ(live.alive(), 1);
            EXPECT_FALSE(f == copy);
        }
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(future_test, outlives_its_loop) {
    live_count live;
    std::optional<future<live_count::object>> kept;
    std::optional<future<int>> pending;
    std::string called;
    run([&] {
        kept.emplace();
        kept->set_result(live.make());
        pending.emplace();
        pending->add_done_callback([&](const future<int>&) { called += "called"; });
    });
    EXPECT_TRUE(kept->done());
    kept.reset();
    EXPECT_EQ(live.alive(), 0);
    pending->set_result(1); // nobody is left to be told
    EXPECT_EQ(pending->get(), 1);
    EXPECT_EQ(called, "");
}

TEST_F(future_test, destroyed_by_another_while_a_task_waits_is_an_error_not_a_dangling_reference) {
    in_virtual_time([] {
        auto f = std::make_unique<future<std::string>>();
        auto nothing = std::make_unique<future<void>>();
        auto reader = spawn([&] { return std::string(f->get()); });
        auto other = spawn([&] { nothing->get(); });
        settle();
        f->set_result("lost");
        f.reset();
        nothing->set_result();
        nothing.reset();
        EXPECT_THAT(text_of<invalid_state>([&] { reader.get(); }),
                    AllOf(HasSubstr("weft::future::get"), HasSubstr("keep a copy")));
        other.get();
    });
}

TEST_F(future_test, destroyed_unset_leaves_the_waiter_to_its_cancel) {
    in_virtual_time([] {
        auto f = std::make_unique<future<int>>();
        auto waiter = spawn([&] { f->get(); });
        settle();
        f.reset();
        settle();
        EXPECT_FALSE(waiter.done());
        waiter.cancel();
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());
    });
}

// --- misuse ---

TEST_F(future_test, belongs_to_the_loop_it_was_made_on) {
    EXPECT_THAT(text_of<no_running_loop>([] { const future<int> f; }),
                AllOf(HasSubstr("weft::future"), HasSubstr("weft::run")));
    in_virtual_time([] {
        const future<int> f;
        std::thread([&] {
            const auto refused = [](const char* call, auto use) {
                EXPECT_THAT(text_of<wrong_loop>(use), AllOf(HasSubstr(call), HasSubstr("future"),
                                                            HasSubstr("another thread")));
            };
            refused("weft::future::set_result", [&] { f.set_result(1); });
            refused("weft::future::try_set_result", [&] { f.try_set_result(1); });
            refused("weft::future::set_exception", [&] { f.set_exception(error("x")); });
            refused("weft::future::try_set_exception", [&] { f.try_set_exception(error("x")); });
            refused("weft::future::get", [&] { f.get(); });
            refused("weft::future::wait", [&] { f.wait(); });
            refused("weft::future::result", [&] { f.result(); });
            refused("weft::future::exception", [&] { static_cast<void>(f.exception()); });
            refused("weft::future::done", [&] { static_cast<void>(f.done()); });
            refused("weft::future::cancelled", [&] { static_cast<void>(f.cancelled()); });
            refused("weft::future::cancel", [&] { f.cancel(); });
            refused("weft::future::add_done_callback",
                    [&] { f.add_done_callback([](const future<int>&) {}); });
            refused("weft::future::remove_done_callback",
                    [&] { f.remove_done_callback(callback_id{1}); });
        }).join();
        EXPECT_FALSE(f.done());
    });
}

TEST_F(future_test, of_another_loop_of_the_same_thread_cannot_be_waited_for) {
    runner mine;
    runner other;
    std::optional<future<int>> f;
    mine.run([&] { f.emplace(); });
    other.run([&] {
        const auto refused = [](const char* call, auto use) {
            EXPECT_THAT(text_of<wrong_loop>(use), AllOf(HasSubstr(call), HasSubstr("future")));
        };
        refused("weft::future::get", [&] { f->get(); });
        refused("weft::future::wait", [&] { f->wait(); });
        refused("weft::gather", [&] { gather(*f); });
        refused("weft::wait", [&] { weft::wait(std::vector{*f}); });
        refused("weft::as_completed", [&] { as_completed(std::vector{*f}); });
        refused("weft::wait_for", [&] { wait_for(*f, 1s); });
        refused("weft::shield", [&] { shield(*f); });
    });
    EXPECT_FALSE(f->done());
    mine.run([&] {
        f->set_result(1);
        EXPECT_EQ(f->get(), 1);
    });
}

TEST_F(future_test, a_handle_that_was_moved_from_holds_none) {
    in_virtual_time([] {
        future<int> f;
        const future<int> taken = std::move(f);
        // NOLINTNEXTLINE(bugprone-use-after-move)
        EXPECT_THAT(text_of<invalid_state>([&] { f.set_result(1); }),
                    AllOf(HasSubstr("weft::future::set_result"), HasSubstr("moved from")));
        EXPECT_THROW(f.get(), invalid_state);
        EXPECT_FALSE(taken.done());
    });
}

// --- memory ---

TEST_F(future_test, in_steady_state_allocates_nothing) {
    in_virtual_time([] {
        const auto round_trip = [] {
            future<int> there;
            future<int> back;
            auto other = spawn([there, back] { back.set_result(there.get() + 1); });
            yield(); // the other waits
            there.set_result(1);
            EXPECT_EQ(back.get(), 2);
            other.wait();
        };
        round_trip(); // the loop keeps the memory
        const failing_new none(1);
        round_trip();
        EXPECT_FALSE(none.struck());
    });
}

TEST_F(future_test, each_failing_allocation_is_an_error_of_the_call) {
    in_virtual_time([] {
        struct large {
            char bytes[3'000];
        };
        {
            failing_new once(1);
            EXPECT_THROW(future<large>(), std::bad_alloc);
        }
        const future<int> f;
        bool called = false;
        for (int nth = 1;; ++nth) {
            failing_new once(nth);
            try {
                f.add_done_callback([&called](const future<int>&) { called = true; });
            } catch (const std::bad_alloc&) {
            }
            once.stop();
            if (!once.struck()) {
                break;
            }
        }
        f.set_result(1);
        settle();
        EXPECT_TRUE(called);
    });
}

} // namespace
} // namespace weft::test
