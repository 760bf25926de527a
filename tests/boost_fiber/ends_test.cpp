// SPDX-License-Identifier: BSL-1.0
//
// Cancels, limits of time, ends and misuse of a loop on Boost's fibers.
#include "tests/support/api_fixture.hpp"
#include "tests/support/boost_fiber_threads.hpp"

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace weft::test {

namespace fibers = boost::fibers;

namespace {

using boost_fiber_ends = api_test;
using boost_fiber_deaths = api_test;

TEST_F(boost_fiber_ends, AFiberThatIsCancelledLeavesItsWait) {
    on_boost_fibers([] {
        std::optional<task_ref> self;
        std::string end;
        fibers::fiber f(fibers::launch::dispatch, [&] {
            self = current_task();
            end = end_of(sleep_until_cancelled);
            EXPECT_EQ(end_of([] { yield(); }), "value");
        });
        EXPECT_FALSE(self->done());
        EXPECT_TRUE(self->cancel("enough"));
        f.join();
        EXPECT_EQ(end, "cancelled: enough");
        EXPECT_TRUE(self->done());
        EXPECT_FALSE(self->cancel());
    });
}

TEST_F(boost_fiber_ends, ACancelInTheTurnOfTheWakeUpLosesNothing) {
    for (const bool cancel_first : {true, false}) {
        on_boost_fibers([cancel_first] {
            queue<int> items;
            std::optional<task_ref> first;
            std::string end;
            fibers::fiber a(fibers::launch::dispatch, [&] {
                first = current_task();
                end = end_of([&] { items.get(); });
            });
            int got = 0;
            fibers::fiber b(fibers::launch::dispatch, [&] { got = items.get(); });
            if (cancel_first) {
                first->cancel();
                items.put(7);
            } else {
                items.put(7);
                first->cancel();
            }
            a.join();
            b.join();
            EXPECT_EQ(end, "cancelled");
            EXPECT_EQ(got, 7);
        });
    }
}

TEST_F(boost_fiber_ends, ACancelThatComesInAWaitOfBoostsIsKeptForTheNextWaitOfWefts) {
    on_boost_fibers([] {
        fibers::promise<int> value;
        std::optional<task_ref> self;
        std::string end;
        int got = 0;
        fibers::fiber f(fibers::launch::dispatch, [&] {
            self = current_task();
            got = value.get_future().get();
            end = end_of([] { sleep_for(1h); });
        });
        self->cancel();
        boost::this_fiber::yield();
        value.set_value(3);
        f.join();
        EXPECT_EQ(got, 3);
        EXPECT_EQ(end, "cancelled");
    });
}

TEST_F(boost_fiber_ends, TimeLimitsEndWaitsOnFibersAndOnTheMainOne) {
    on_boost_fibers([] {
        const auto limited = [] {
            return end_of([] { with_timeout(1ms, [] { sleep_for(1h); }); });
        };
        EXPECT_EQ(limited(), timed_out);
        fibers::fiber([&] { EXPECT_EQ(limited(), timed_out); }).join();
    });
}

TEST_F(boost_fiber_ends, ATaskCanWaitForAFiberByItsReference) {
    on_boost_fibers([] {
        std::optional<task_ref> self;
        fibers::fiber f(fibers::launch::dispatch, [&] {
            self = current_task();
            sleep_for(500us);
        });
        spawn([&] {
            self->wait();
            EXPECT_TRUE(self->done());
            EXPECT_FALSE(self->cancelled());
        }).get();
        f.join();
    });
}

TEST_F(boost_fiber_ends, TheProgramsFibersAreNotListedAndTasksAre) {
    on_boost_fibers([] {
        fibers::fiber f(fibers::launch::dispatch, [] { sleep_for(500us); });
        auto t = spawn({.name = "listed"}, [] { sleep_for(500us); });
        EXPECT_EQ(names_of_all_tasks(), std::vector<std::string>{"listed"});
        EXPECT_EQ(running_loop().stats().tasks_alive, 1U);
        t.get();
        f.join();
    });
}

TEST_F(boost_fiber_ends, TheEndOfTheThreadCancelsTasksAndThoseThatTheySpawn) {
    std::string ends;
    on_boost_fibers([&] {
        spawn([&] {
            ends += end_of(sleep_until_cancelled) + ";";
            spawn([&] { ends += end_of(sleep_until_cancelled) + ";"; }).detach();
            yield(); // so that it begins
        }).detach();
        generator<int> forgotten([&](auto& yield_value) {
            const at_scope_end note([&] { ends += "generator;"; });
            for (;;) {
                yield_value(1);
            }
        });
        EXPECT_EQ(*forgotten.begin(), 1);
        yield();
    });
    EXPECT_EQ(ends, "generator;cancelled;cancelled;");
}

TEST_F(boost_fiber_ends, TheEndOfTheThreadWaitsForTheProgramsFibersInWaitsOfWefts) {
    bool ended = false;
    on_boost_fibers([&] {
        fibers::fiber([&] {
            sleep_for(2ms);
            ended = true;
        }).detach();
    });
    EXPECT_TRUE(ended);
}

TEST_F(boost_fiber_ends, WhatCallbacksSpawnAtTheVeryEndStillRuns) {
    std::string order;
    on_boost_fibers([&] {
        running_loop().call_soon([&] {
            order += 'c';
            spawn([&] { order += 't'; }).detach();
        });
    });
    EXPECT_EQ(order.front(), 'c');
}

TEST_F(boost_fiber_ends, AFiberObjectThatOutlivesItsThreadIsHarmless) {
    fibers::fiber outlives;
    on_boost_fibers([&] {
        fibers::fiber f([] { sleep_for(100us); });
        yield();
        outlives = std::move(f);
        sleep_for(1ms);
    });
    std::thread([&] { outlives.join(); }).join();
}

TEST_F(boost_fiber_ends, AFiberIsJoinedByAnotherThread) {
    fibers::unbuffered_channel<fibers::fiber*> made;
    std::thread joining([&] {
        on_boost_fibers([&] {
            fibers::fiber* f = made.value_pop();
            f->join();
        });
    });
    on_boost_fibers([&] {
        fibers::fiber f([] { sleep_for(1ms); });
        made.push(&f);
        while (f.joinable()) {
            sleep_for(100us);
        }
    });
    joining.join();
}

TEST_F(boost_fiber_ends, BoostsAlgorithmTakesOverAndOursComesBack) {
    std::thread([] {
        boost::fibers::use_scheduling_algorithm<boost_fiber_algorithm>();
        sleep_for(100us);
        fibers::promise<void> go;
        fibers::fiber waiting(fibers::launch::dispatch, [&] { go.get_future().wait(); });
        boost::fibers::use_scheduling_algorithm<fibers::algo::round_robin>();
        EXPECT_EQ(running_loop_or_null(), nullptr);
        EXPECT_THROW(sleep_for(1ms), no_running_loop);
        boost::this_fiber::sleep_for(1ms);
        boost::fibers::use_scheduling_algorithm<boost_fiber_algorithm>();
        sleep_for(100us);
        go.set_value();
        waiting.join();
    }).join();
}

TEST_F(boost_fiber_ends, AnAlgorithmWithPropertiesIsReplaced) {
    struct property : fibers::fiber_properties {
        using fiber_properties::fiber_properties;
    };
    class with_properties : public fibers::algo::algorithm_with_properties<property> {
      public:
        void awakened(fibers::context* c, property&) noexcept override { ready_.push_back(*c); }
        fibers::context* pick_next() noexcept override {
            if (ready_.empty()) {
                return nullptr;
            }
            fibers::context* next = &ready_.front();
            ready_.pop_front();
            return next;
        }
        bool has_ready_fibers() const noexcept override { return !ready_.empty(); }
        void suspend_until(const std::chrono::steady_clock::time_point&) noexcept override {}
        void notify() noexcept override {}

      private:
        fibers::scheduler::ready_queue_type ready_;
    };
    std::thread([] {
        boost::fibers::use_scheduling_algorithm<with_properties>();
        fibers::promise<void> go;
        fibers::fiber before(fibers::launch::dispatch, [&] {
            go.get_future().wait();
            sleep_for(100us);
        });
        boost::fibers::use_scheduling_algorithm<boost_fiber_algorithm>();
        sleep_for(100us);
        go.set_value();
        before.join();
    }).join();
}

TEST_F(boost_fiber_ends, AnotherLoopOnTheSameThreadIsRefused) {
    on_boost_fibers([] {
        EXPECT_THROW(weft::run([] {}), invalid_state);
        runner other;
        EXPECT_THROW(other.run([] {}), invalid_state);
        EXPECT_THROW(other.poll(), invalid_state);
    });
    weft::run([] { EXPECT_THROW(boost_fiber_algorithm(), invalid_state); });
    std::thread([] {
        EXPECT_THROW(boost_fiber_algorithm({.virtual_time = true}), std::invalid_argument);
    }).join();
}

TEST_F(boost_fiber_ends, ACallbackCannotBlock) {
    on_boost_fibers([] {
        std::string end;
        running_loop().call_soon([&] { end = end_of([] { sleep_for(1ms); }); });
        sleep_for(1ms);
        EXPECT_NE(end.find("called from a callback"), std::string::npos) << end;
    });
}

TEST_F(boost_fiber_ends, TasksGetStacksOfTheSizeTheyAskFor) {
    on_boost_fibers(
        [] {
            const auto use = [](std::size_t bytes) {
                auto* memory = static_cast<volatile char*>(__builtin_alloca(bytes));
                for (std::size_t i = 0; i < bytes; i += 4096) {
                    memory[i] = 1;
                }
                yield();
            };
            for (int round = 0; round < 3; ++round) {
                spawn({.stack_size = 4 << 20}, [&] { use(3 << 20); }).get();
                std::vector<task<void>> many;
                for (int i = 0; i < 100; ++i) {
                    many.push_back(spawn([&] { use(300 << 10); }));
                }
                for (task<void>& t : many) {
                    t.get();
                }
            }
            EXPECT_THROW(spawn({.stack_size = std::size_t(1) << 60}, [] {}).get(), spawn_error);
        },
        {.stack_size = 512 << 10});
}

TEST_F(boost_fiber_deaths, ACallbackThatBlocksByACallOfBoostsDeathNamesTheRemedy) {
    EXPECT_DEATH(on_boost_fibers([] {
                     running_loop().call_soon([] { boost::this_fiber::sleep_for(1ms); });
                     sleep_for(10ms);
                 }),
                 "spawn a task there, or begin a fiber");
}

TEST_F(boost_fiber_deaths, AReplacedAlgorithmWithAWaitingFiberDeathNamesTheWait) {
    EXPECT_DEATH(on_boost_fibers([] {
                     fibers::fiber f(fibers::launch::dispatch, [] { sleep_for(1h); });
                     boost::fibers::use_scheduling_algorithm<fibers::algo::round_robin>();
                 }),
                 "while it waits here: .*weft::sleep_for");
}

TEST_F(boost_fiber_deaths, AReplacedAlgorithmWithALivingTaskDeathNamesIt) {
    EXPECT_DEATH(on_boost_fibers([] {
                     auto t = spawn({.name = "left over"}, [] { sleep_for(1h); });
                     boost::fibers::use_scheduling_algorithm<fibers::algo::round_robin>();
                 }),
                 "left over");
}

TEST_F(boost_fiber_deaths, TasksThatRefuseToEndWithTheirThreadDeathNamesThem) {
    EXPECT_DEATH(on_boost_fibers(
                     [] {
                         spawn({.name = "stubborn"}, [] {
                             for (;;) {
                                 end_of(sleep_until_cancelled);
                             }
                         }).detach();
                         yield();
                     },
                     {.shutdown_timeout = 20ms}),
                 "have not ended after 20 ms(.|\n)*stubborn");
}

TEST_F(boost_fiber_deaths, InstallingInsideRunDeath) {
    EXPECT_DEATH(
        weft::run([] { boost::fibers::use_scheduling_algorithm<boost_fiber_algorithm>(); }),
        "outside weft::run");
}

} // namespace
} // namespace weft::test
