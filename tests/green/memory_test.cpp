// SPDX-License-Identifier: BSL-1.0
//
// What weft::green does when memory runs out, and that waiting and locking need none.
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/green.hpp"

#include <new>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using green_memory = green_fixture;

// Calls f with its first allocation failing, then with its second, and so on. Each time it either
// does without or throws what std would.
template <class F>
int for_each_allocation(F f) {
    f(); // what is made once and kept is there
    for (int nth = 1;; ++nth) {
        SCOPED_TRACE("allocation " + std::to_string(nth));
        failing_new once(nth);
        bool failed = false;
        try {
            f();
        } catch (const std::bad_alloc&) {
            failed = true;
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code(), std::errc::resource_unavailable_try_again);
            failed = true;
        }
        once.stop();
        if (!once.struck()) {
            EXPECT_FALSE(failed);
            return nth - 1;
        }
        if (testing::Test::HasFailure()) {
            return nth;
        }
        settle();
        EXPECT_EQ(all_tasks().size(), 1U);
    }
}

TEST_F(green_memory, a_thread_that_cannot_be_made_is_not_there) {
    in_virtual_time([] {
        live_count live;
        const int allocations = for_each_allocation([&] {
            green::thread([held = live.make()] {}).join();
            green::jthread([held = live.make()](green::stop_token) {});
        });
        EXPECT_GE(allocations, 3);
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(green_memory, futures_that_cannot_be_made_are_not_there) {
    in_virtual_time([] {
        live_count live;
        const int allocations = for_each_allocation([&] {
            green::promise<int> p;
            p.set_value(1);
            EXPECT_EQ(p.get_future().get(), 1);
            green::packaged_task<int()> t([held = live.make()] { return 2; });
            t.reset();
            t();
            EXPECT_EQ(t.get_future().get(), 2);
            EXPECT_EQ(green::async([held = live.make()] { return 3; }).get(), 3);
        });
        EXPECT_GE(allocations, 5);
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(green_memory, what_is_to_be_done_at_exit_is_promised_or_refused) {
    in_virtual_time([] {
        for_each_allocation([] {
            green::promise<int> p;
            auto f = p.get_future();
            green::thread t([&] {
                try {
                    p.set_value_at_thread_exit(1);
                } catch (const std::bad_alloc&) {
                    p = {};
                }
            });
            t.join();
            try {
                EXPECT_EQ(f.get(), 1);
            } catch (const std::future_error& e) {
                EXPECT_EQ(e.code(), std::future_errc::broken_promise);
            }
        });
    });
}

TEST_F(green_memory, locking_waiting_and_waking_need_none) {
    in_virtual_time([] {
        green::mutex m;
        green::condition_variable c;
        green::counting_semaphore<9> s(0);
        green::shared_mutex shared;
        auto other = spawn({.eager = true}, [&] {
            for (int i = 0; i < 3; ++i) {
                s.acquire();
                const std::shared_lock reading(shared);
                std::unique_lock lock(m);
                c.wait_for(lock, 1ms);
            }
        });
        const long before = live_allocations();
        failing_new any(1);
        for (int i = 0; i < 3; ++i) {
            s.release();
            const std::lock_guard writing(shared);
            const std::lock_guard guard(m);
            c.notify_all();
            yield_times(3);
        }
        other.wait();
        any.stop();
        EXPECT_FALSE(any.struck());
        EXPECT_EQ(live_allocations(), before);
        other.get();
    });
}

} // namespace
} // namespace weft::test
