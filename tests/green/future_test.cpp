// SPDX-License-Identifier: BSL-1.0
//
// The green futures and what provides their values: promise, packaged_task, async.
#include "tests/support/api_settle.hpp"
#include "tests/support/green.hpp"
#include "tests/support/places.hpp"

#include <memory>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using std::future_errc;
using green_future = green_fixture;
using green_packaged_task = green_fixture;
using green_async = green_fixture;

TEST_F(green_future, of_every_kind_gets_its_value) {
    in_virtual_time([] {
        green::promise<std::string> object;
        green::promise<int&> reference;
        green::promise<void> nothing;
        green::promise<move_only> unique;
        auto o = object.get_future();
        auto r = reference.get_future();
        auto n = nothing.get_future();
        auto u = unique.get_future();
        int i = 1;
        auto setter = spawn([&] {
            const std::string text = "value";
            object.set_value(text);
            reference.set_value(i);
            nothing.set_value();
            unique.set_value(move_only(3));
        });
        EXPECT_EQ(o.get(), "value");
        EXPECT_EQ(&r.get(), &i);
        n.get();
        EXPECT_EQ(u.get().value(), 3);
        EXPECT_FALSE(o.valid() || r.valid() || n.valid() || u.valid());
        green::promise<std::pair<int, int>> braces;
        braces.set_value({1, 2});
        EXPECT_EQ(braces.get_future().get().second, 2);
        std::pmr::monotonic_buffer_resource memory;
        green::promise<int> own(std::allocator_arg, std::pmr::polymorphic_allocator<>(&memory));
        own.set_value(4);
        EXPECT_EQ(own.get_future().get(), 4);
    });
}

TEST_F(green_future, waits_have_a_status) {
    in_virtual_time([] {
        green::promise<int> p;
        auto f = p.get_future();
        const auto begin = loop_time();
        EXPECT_EQ(f.wait_for(3ms), std::future_status::timeout);
        EXPECT_EQ(f.wait_until(loop_time() + 2ms), std::future_status::timeout);
        EXPECT_EQ(loop_time() - begin, 5ms);
        auto setter = spawn([&] { p.set_value(1); });
        while (f.wait_for(0s) != std::future_status::ready) { // lets the setter run
        }
        f.wait();
        EXPECT_EQ(f.wait_for(-1s), std::future_status::ready);
        in_a_callback([&] { EXPECT_EQ(f.get(), 1); });
        setter.get();
    });
}

TEST_F(green_future, a_callback_may_ask_but_not_wait) {
    in_virtual_time([] {
        green::promise<int> p;
        auto f = p.get_future();
        in_a_callback([&] {
            EXPECT_EQ(f.wait_for(0s), std::future_status::timeout);
            EXPECT_THROW(f.wait(), not_in_task);
            EXPECT_THROW(f.get(), not_in_task);
            EXPECT_TRUE(f.valid());
            p.set_value(1);
        });
        EXPECT_EQ(f.get(), 1);
    });
}

TEST_F(green_future, errors_and_misuse_have_std_codes) {
    in_virtual_time([] {
        green::promise<int> p;
        auto f = p.get_future();
        EXPECT_EQ(future_error_of([&] { p.get_future(); }), future_errc::future_already_retrieved);
        p.set_exception(std::make_exception_ptr(std::runtime_error("no value")));
        EXPECT_EQ(future_error_of([&] { p.set_value(1); }), future_errc::promise_already_satisfied);
        EXPECT_EQ(future_error_of([&] { p.set_value_at_thread_exit(1); }),
                  future_errc::promise_already_satisfied);
        EXPECT_EQ(end_of([&] { f.get(); }), "error: no value");
        EXPECT_EQ(future_error_of([&] { f.get(); }), future_errc::no_state);
        EXPECT_EQ(future_error_of([&] { f.wait(); }), future_errc::no_state);
        EXPECT_EQ(future_error_of([&] { f.wait_for(1s); }), future_errc::no_state);
        const green::promise<int> moved = std::move(p);
        EXPECT_EQ(future_error_of([&] { p.set_value(1); }), future_errc::no_state);
        EXPECT_EQ(future_error_of([&] { p.get_future(); }), future_errc::no_state);
        auto broken = green::promise<void>().get_future();
        EXPECT_EQ(future_error_of([&] { broken.get(); }), future_errc::broken_promise);
    });
}

TEST_F(green_future, a_value_whose_copy_throws_leaves_the_promise_as_it_was) {
    struct refusing {
        bool refuse = false;
        explicit refusing(bool r) : refuse(r) {}
        refusing(const refusing& other) : refuse(other.refuse) {
            if (refuse) {
                throw std::runtime_error("no copy");
            }
        }
    };
    in_virtual_time([] {
        green::promise<refusing> p;
        auto f = p.get_future();
        const refusing bad(true);
        EXPECT_EQ(end_of([&] { p.set_value(bad); }), "error: no copy");
        EXPECT_EQ(f.wait_for(0s), std::future_status::timeout);
        p.set_value(refusing(false));
        EXPECT_FALSE(f.get().refuse);
    });
}

TEST_F(green_future, a_get_that_is_cancelled_leaves_the_value_there) {
    in_virtual_time([] {
        green::promise<int> p;
        auto f = p.get_future();
        auto getter = spawn({.eager = true}, [&] { f.get(); });
        p.set_value(7); // in the turn of the cancel
        getter.cancel();
        getter.wait();
        EXPECT_TRUE(getter.cancelled());
        EXPECT_TRUE(f.valid());
        EXPECT_EQ(f.get(), 7);
    });
}

TEST_F(green_future, shared_ones_are_read_by_many) {
    in_virtual_time([] {
        green::promise<std::string> p;
        const green::shared_future<std::string> f = p.get_future().share();
        std::vector<green::future<const std::string*>> readers;
        for (int i = 0; i < 3; ++i) {
            readers.push_back(green::async([f] { return &f.get(); }));
        }
        settle();
        p.set_value("one");
        const std::string* seen = &f.get();
        for (auto& r : readers) {
            EXPECT_EQ(r.get(), seen);
        }
        EXPECT_EQ(*seen, "one");
        EXPECT_TRUE(f.valid());
        int i = 5;
        green::promise<int&> reference;
        reference.set_value(i);
        EXPECT_EQ(&green::shared_future<int&>(reference.get_future()).get(), &i);
        green::promise<void> nothing;
        nothing.set_value();
        nothing.get_future().share().get();
        EXPECT_EQ(future_error_of([] { green::shared_future<int>().get(); }),
                  future_errc::no_state);
    });
}

TEST_F(green_future, stress_values_go_between_loops_and_threads) {
    for (int round = 0; round < 100; ++round) {
        green::promise<int> there;
        green::promise<int> back;
        std::thread other([&] { back.set_value(there.get_future().get() + 1); });
        run([&] {
            there.set_value(round);
            EXPECT_EQ(back.get_future().get(), round + 1);
        });
        other.join();
    }
}

// --- packaged_task ---

TEST_F(green_packaged_task, gives_what_its_function_makes_to_the_future) {
    in_virtual_time([] {
        green::packaged_task<int(int, std::unique_ptr<int>)> t(
            [](int a, std::unique_ptr<int> b) { return a * *b; });
        auto f = t.get_future();
        green::thread(std::move(t), 3, std::make_unique<int>(4)).join();
        EXPECT_EQ(f.get(), 12);
        EXPECT_FALSE(t.valid());
        green::packaged_task failing([]() -> int { throw std::runtime_error("bad"); });
        auto g = failing.get_future();
        failing();
        EXPECT_EQ(end_of([&] { g.get(); }), "error: bad");
        int i = 0;
        green::packaged_task<int&()> reference([&]() -> int& { return i; });
        reference();
        EXPECT_EQ(&reference.get_future().get(), &i);
        green::packaged_task<void()> only_moved([p = std::make_unique<int>(1), &i] { i = *p; });
        only_moved();
        only_moved.get_future().get();
        EXPECT_EQ(i, 1);
    });
}

TEST_F(green_packaged_task, is_as_new_after_reset_and_broken_when_dropped) {
    in_virtual_time([] {
        int calls = 0;
        green::packaged_task<int()> t([&] { return ++calls; });
        auto first = t.get_future();
        t.reset();
        EXPECT_EQ(future_error_of([&] { first.get(); }), future_errc::broken_promise);
        auto second = t.get_future();
        t();
        EXPECT_EQ(future_error_of([&] { t(); }), future_errc::promise_already_satisfied);
        EXPECT_EQ(second.get(), 1);
        t.reset();
        auto third = t.get_future();
        t = green::packaged_task<int()>();
        EXPECT_EQ(future_error_of([&] { third.get(); }), future_errc::broken_promise);
        EXPECT_EQ(future_error_of([&] { t(); }), future_errc::no_state);
        EXPECT_EQ(future_error_of([&] { t.get_future(); }), future_errc::no_state);
        EXPECT_EQ(future_error_of([&] { t.reset(); }), future_errc::no_state);
    });
}

TEST_F(green_packaged_task, a_cancel_inside_is_known_to_the_future_and_to_who_runs_it) {
    in_virtual_time([] {
        green::packaged_task<void()> t([] { sleep_until_cancelled(); });
        auto f = t.get_future();
        green::thread worker([&] {
            t();
            ADD_FAILURE() << "the cancel is swallowed";
        });
        settle();
        worker.native_handle().cancel();
        EXPECT_EQ(end_of([&] { f.get(); }), "cancelled");
        worker.join();
    });
}

// --- async ---

TEST_F(green_async, runs_at_once_or_when_asked) {
    in_virtual_time([] {
        std::string log;
        auto running = green::async(std::launch::async, [&] {
            sleep_for(1ms);
            log += "async ";
            return 1;
        });
        auto deferred = green::async(std::launch::deferred, [&] {
            sleep_for(1ms);
            log += "deferred ";
            return 2;
        });
        sleep_for(1s);
        EXPECT_EQ(log, "async ");
        EXPECT_EQ(deferred.wait_for(1h), std::future_status::deferred);
        EXPECT_EQ(deferred.get(), 2);
        EXPECT_EQ(log, "async deferred ");
        EXPECT_EQ(running.get(), 1);
        const auto dropped = green::async(std::launch::deferred, [&] { log += "never"; });
        EXPECT_EQ(
            green::async([](std::unique_ptr<int> p) { return *p; }, std::make_unique<int>(3)).get(),
            3);
        EXPECT_EQ(log, "async deferred ");
    });
    EXPECT_THROW(green::async(std::launch::async, [] {}), no_running_loop);
    EXPECT_EQ(green::async(std::launch::deferred, [] { return 4; }).get(), 4);
}

TEST_F(green_async, a_deferred_call_is_made_once_for_all_who_share_it) {
    in_virtual_time([] {
        int calls = 0;
        const auto f = green::async(std::launch::deferred, [&] {
                           sleep_for(1ms);
                           return ++calls;
                       }).share();
        const auto read = [f] { return f.get(); };
        const auto [a, b, c] = gather(read, read, read);
        EXPECT_EQ(a + b + c, 3);
    });
}

TEST_F(green_async, the_last_future_waits_for_the_thread) {
    in_virtual_time([] {
        bool ended = false;
        auto owner = spawn({.eager = true}, [&] {
            {
                auto f = green::async([&] {
                    sleep_for(1ms);
                    ended = true;
                });
                const auto shared = f.share();
                const auto copy = shared;
            }
            EXPECT_TRUE(ended);
            yield();
            ADD_FAILURE() << "the cancel is lost";
        });
        owner.cancel();
        owner.wait();
        EXPECT_TRUE(owner.cancelled());
    });
}

TEST_F(green_async, its_thread_has_cancels_too) {
    in_virtual_time([] {
        auto waiting = green::async([] { sleep_until_cancelled(); });
        settle();
        const auto cancel_all_others = [] {
            for (auto& t : all_tasks()) {
                if (t != current_task()) {
                    t.cancel();
                }
            }
        };
        cancel_all_others();
        EXPECT_EQ(end_of([&] { waiting.get(); }), "cancelled");
        auto not_begun = green::async([] { ADD_FAILURE() << "it was cancelled before"; });
        cancel_all_others();
        EXPECT_EQ(end_of([&] { not_begun.get(); }), "cancelled");
    });
}

TEST_F(green_async, a_future_may_outlive_its_loop) {
    green::future<int> f;
    run([&] {
        f = green::async([] { return 3; });
        f.wait();
    });
    EXPECT_EQ(f.get(), 3);
    run([&] { f = green::async([] { return 3; }); });
    EXPECT_EQ(end_of([&] { f.get(); }), "cancelled") << "run() did not wait for it";
}

} // namespace
} // namespace weft::test
