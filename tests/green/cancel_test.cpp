// SPDX-License-Identifier: BSL-1.0
//
// Each way to block that weft::green has, cut off at every turn by a cancel: what must hold
// wherever that was. Whoever waits behind the one that was cut off has an hour to get what is due
// to it.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/green.hpp"

#include <deque>
#include <stop_token>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using green_cancel = green_fixture;

template <class F>
auto in_time(F f) {
    return with_timeout(1h, f);
}

template <class Mutex>
void contest_of_mutex() {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        Mutex m;
        auto holder = spawn({.eager = true}, [&] {
            const std::lock_guard guard(m);
            sleep_for(2ms);
        });
        auto behind = spawn([&] {
            sleep_for(1ms);
            const std::lock_guard guard(m);
        });
        attempt.run([&] {
            const std::lock_guard guard(m);
            yield();
            sleep_for(1ms);
        });
        in_time([&] { behind.get(); });
        holder.get();
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TEST_F(green_cancel, mutexes_are_free_afterwards) {
    contest_of_mutex<green::mutex>();
    contest_of_mutex<green::timed_mutex>();
    contest_of_mutex<green::recursive_mutex>();
    contest_of_mutex<green::recursive_timed_mutex>();
    contest_of_mutex<green::shared_mutex>();
    contest_of_mutex<green::shared_timed_mutex>();
}

TEST_F(green_cancel, shared_mutexes_are_free_afterwards) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        green::shared_timed_mutex m;
        const auto read = [&](clock::duration d) {
            const std::shared_lock lock(m);
            sleep_for(d);
        };
        auto first = spawn({.eager = true}, [&] { read(2ms); });
        auto writer = spawn([&] {
            const std::unique_lock lock(m);
            sleep_for(1ms);
        });
        auto behind = spawn([&] {
            sleep_for(1ms);
            read(1ms);
        });
        attempt.run([&] {
            read(1ms);
            const std::unique_lock lock(m, 5ms);
            yield();
        });
        in_time([&] {
            first.get();
            writer.get();
            behind.get();
        });
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TEST_F(green_cancel, semaphores_lose_no_permit) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        green::counting_semaphore<2> s(0);
        auto giver = spawn([&] {
            sleep_for(1ms);
            s.release();
            sleep_for(1ms);
            s.release();
        });
        auto behind = spawn([&] {
            s.acquire();
            s.release();
        });
        attempt.run([&] {
            s.acquire();
            const at_scope_end give([&] { s.release(); });
            yield();
            if (s.try_acquire_for(1ms)) {
                s.release();
            }
        });
        in_time([&] { behind.get(); });
        giver.get();
        EXPECT_TRUE(s.try_acquire());
        EXPECT_TRUE(s.try_acquire());
        EXPECT_FALSE(s.try_acquire());
    });
}

template <class Condition>
void consume_beside_one_that_is_cancelled() {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        green::mutex m;
        Condition c;
        std::deque<int> items;
        int taken = 0;
        const auto take = [&] {
            std::unique_lock lock(m);
            c.wait(lock, [&] { return !items.empty(); });
            items.pop_front();
            ++taken;
        };
        auto producer = spawn([&] {
            for (int i = 0; i < 4; ++i) {
                sleep_for(1ms);
                const std::lock_guard guard(m);
                items.push_back(i);
                c.notify_one();
            }
        });
        auto other = spawn([&] {
            while (taken < 4) {
                take();
            }
        });
        attempt.run([&] {
            take();
            take();
        });
        producer.get();
        if (taken < 4) {
            in_time([&] { other.wait(); });
        }
        other.cancel(); // it may wait for an item that the subject has had
        other.wait();
        EXPECT_EQ(taken, 4);
        EXPECT_TRUE(items.empty());
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TEST_F(green_cancel, condition_variables_lose_no_notification) {
    consume_beside_one_that_is_cancelled<green::condition_variable>();
    consume_beside_one_that_is_cancelled<green::condition_variable_any>();
}

TEST_F(green_cancel, stoppable_waits_hold_their_lock) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        green::mutex m;
        green::condition_variable_any c;
        std::stop_source source;
        auto stopper = spawn([&] {
            sleep_for(2ms);
            source.request_stop();
        });
        attempt.run([&] {
            std::unique_lock lock(m);
            EXPECT_FALSE(c.wait_for(lock, source.get_token(), 1ms, [] { return false; }));
            EXPECT_FALSE(c.wait(lock, source.get_token(), [] { return false; }));
            lock.unlock(); // throws when it is not held
        });
        stopper.get();
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TEST_F(green_cancel, latches_and_barriers_let_the_others_go) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        green::latch l(2);
        green::barrier meet(2);
        auto other = spawn([&] {
            sleep_for(1ms);
            l.arrive_and_wait();
            sleep_for(1ms);
            meet.arrive_and_wait();
        });
        bool counted = false;
        bool arrived = false;
        attempt.run([&] {
            l.count_down();
            counted = true;
            l.wait();
            auto arrival = meet.arrive();
            arrived = true;
            meet.wait(std::move(arrival));
        });
        if (!counted) {
            l.count_down();
        }
        if (!arrived) {
            meet.arrive_and_wait();
        }
        in_time([&] { other.get(); });
    });
}

TEST_F(green_cancel, what_is_called_once_is_called_in_the_end) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        green::once_flag flag;
        int made = 0;
        const auto make = [&] {
            green::call_once(flag, [&] {
                sleep_for(1ms);
                ++made;
            });
        };
        auto before = spawn(make);
        auto behind = spawn([&] {
            yield_times(2);
            make();
        });
        attempt.run(make);
        in_time([&] {
            before.get();
            behind.get();
        });
        EXPECT_EQ(made, 1);
    });
}

TEST_F(green_cancel, values_stay_in_their_futures) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        green::promise<int> p;
        auto f = p.get_future();
        auto setter = spawn([&] {
            sleep_for(2ms);
            p.set_value(7);
        });
        int got = 0;
        attempt.run([&] {
            f.wait_for(1ms);
            f.wait();
            got = f.get();
        });
        EXPECT_EQ(f.valid(), got == 0);
        if (f.valid()) {
            EXPECT_EQ(in_time([&] { return f.get(); }), 7);
        }
        setter.get();
    });
}

TEST_F(green_cancel, threads_are_joined_or_joinable) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        green::thread t([held = live.make()] { sleep_for(2ms); });
        attempt.run([&] {
            const green::jthread asked([held = live.make()](green::stop_token stop) {
                while (!stop.stop_requested()) {
                    sleep_for(1ms);
                }
            });
            t.join();
        });
        if (t.joinable()) {
            t.join();
        }
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(green_cancel, asynchronous_calls_are_waited_for) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        attempt.run([&] {
            auto first = green::async([held = live.make()] { sleep_for(1ms); });
            auto second = green::async(std::launch::deferred, [held = live.make()] {
                sleep_for(1ms);
                return 1;
            });
            first.get();
            EXPECT_EQ(second.get(), 1);
        });
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(green_cancel, sleeping_and_yielding_end) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        attempt.run([] {
            green::this_thread::yield();
            green::this_thread::sleep_for(1ms);
            green::this_thread::sleep_until(loop_time() + 1ms);
        });
    });
}

} // namespace
} // namespace weft::test
