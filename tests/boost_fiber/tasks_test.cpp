// SPDX-License-Identifier: BSL-1.0
//
// Tasks are fibers of Boost's, and callbacks run where Boost's dispatcher is.
#include "tests/support/api_fixture.hpp"
#include "tests/support/boost_fiber_threads.hpp"

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <mutex>
#include <string>
#include <thread>

#include <unistd.h>

using namespace std::chrono_literals;

namespace weft::test {

namespace fibers = boost::fibers;

namespace {

using boost_fiber_tasks = api_test;

TEST_F(boost_fiber_tasks, TasksWaitForWhatIsBoosts) {
    on_boost_fibers([] {
        fibers::mutex lock;
        fibers::buffered_channel<int> channel(2);
        int inside = 0;
        const auto work = [&](int n) {
            const std::lock_guard mine(lock);
            EXPECT_EQ(++inside, 1);
            sleep_for(1ms);
            --inside;
            channel.push(n);
            channel.push(n);
        };
        auto reader = spawn([&] {
            int sum = 0;
            for (int i : channel) {
                sum += i;
            }
            return sum;
        });
        gather([&] { work(1); }, [&] { work(2); }, [&] { work(3); });
        channel.close();
        EXPECT_EQ(reader.get(), 12);
    });
}

TEST_F(boost_fiber_tasks, ATaskBeginsAFiberByEitherPolicyAndJoinsIt) {
    on_boost_fibers([] {
        std::string order;
        spawn([&] {
            fibers::fiber posted(fibers::launch::post, [&] { order += 'p'; });
            fibers::fiber dispatched(fibers::launch::dispatch, [&] { order += 'd'; });
            order += 't';
            posted.join();
            dispatched.join();
        }).get();
        EXPECT_EQ(order.front(), 'd');
        EXPECT_EQ(order.size(), 3U);
    });
}

TEST_F(boost_fiber_tasks, AnEagerTaskRunsInsideSpawnAndThenItsSpawnerGoesOn) {
    on_boost_fibers([] {
        std::string order;
        fibers::fiber other([&] { order += 'o'; });
        auto t = spawn({.eager = true}, [&] {
            order += 'e';
            yield();
            order += 'E';
        });
        order += 'm';
        t.wait();
        other.join();
        EXPECT_EQ(order, "emoE");
        spawn({.eager = true}, [&] { order += '.'; }).get();
        EXPECT_EQ(order, "emoE.");
    });
}

TEST_F(boost_fiber_tasks, CallbacksTimersAndDescriptorsAreServedWhileFibersWait) {
    on_boost_fibers([] {
        std::string order;
        fibers::promise<void> readable;
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        loop& here = running_loop();
        here.call_later(1ms, [&] {
            order += 't';
            EXPECT_EQ(::write(ends[1], "x", 1), 1);
        });
        here.call_soon([&] { order += 's'; });
        here.add_reader(ends[0], [&] {
            here.remove_reader(ends[0]);
            order += 'r';
            readable.set_value();
        });
        readable.get_future().wait();
        EXPECT_EQ(order, "str");
        ::close(ends[0]);
        ::close(ends[1]);
    });
}

TEST_F(boost_fiber_tasks, AnEagerTaskOfACallbackMayWaitForWhatIsBoosts) {
    on_boost_fibers([] {
        fibers::promise<int> given;
        fibers::promise<int> seen;
        std::string order;
        running_loop().call_soon([&] {
            spawn({.eager = true}, [&] {
                order += 'e';
                seen.set_value(given.get_future().get());
            }).detach();
            order += 'c';
            fibers::fiber(fibers::launch::dispatch, [&] { order += 'd'; }).detach();
            order += 'C';
        });
        sleep_for(1ms);
        EXPECT_EQ(order, "ecdC");
        given.set_value(7);
        EXPECT_EQ(seen.get_future().get(), 7);
    });
}

TEST_F(boost_fiber_tasks, OtherThreadsReachTheLoopByPostAndSubmit) {
    on_boost_fibers([] {
        loop& here = running_loop();
        fibers::promise<std::thread::id> posted;
        std::future<int> submitted;
        std::thread other([&] {
            here.post([&] { posted.set_value(std::this_thread::get_id()); });
            submitted = here.submit([] {
                sleep_for(1ms);
                return 5;
            });
        });
        EXPECT_EQ(posted.get_future().get(), std::this_thread::get_id());
        to_thread([&] { other.join(); });
        EXPECT_EQ(to_thread([&] { return submitted.get(); }), 5);
    });
}

TEST_F(boost_fiber_tasks, AGeneratorIsReadOnAFiberAndItsBodyMayWaitForEitherLibrary) {
    on_boost_fibers([] {
        fibers::buffered_channel<int> source(2);
        fibers::fiber feeding([&] {
            for (int i = 0; i < 5; ++i) {
                sleep_for(100us);
                source.push(i);
            }
            source.close();
        });
        generator<int> doubled([&](auto& yield_value) {
            generator<int> inner([&](auto& yield_inner) {
                for (int i : source) {
                    sleep_for(100us);
                    yield_inner(i);
                }
            });
            for (int i : inner) {
                yield_value(2 * i);
            }
        });
        int sum = 0;
        for (int i : doubled) {
            sum += i;
        }
        EXPECT_EQ(sum, 20);
        feeding.join();
    });
}

} // namespace
} // namespace weft::test
