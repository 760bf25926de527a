// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/threads_fixture.hpp"

#include <threads.h>

namespace weft::test {
namespace {

class c11_threads : public api_test {};

TEST_F(c11_threads, a_mutex_held_across_a_suspension_suspends_the_other_task) {
    mtx_t m;
    ASSERT_EQ(mtx_init(&m, mtx_timed | mtx_recursive), thrd_success);
    in_virtual_time([&] {
        EXPECT_EQ(mtx_lock(&m), thrd_success);
        EXPECT_EQ(mtx_trylock(&m), thrd_success);
        auto other = spawn([&] {
            EXPECT_EQ(mtx_trylock(&m), thrd_busy);
            EXPECT_EQ(mtx_unlock(&m), thrd_error);
            const timespec soon = in(1s);
            EXPECT_EQ(mtx_timedlock(&m, &soon), thrd_timedout);
            EXPECT_EQ(mtx_lock(&m), thrd_success);
            EXPECT_EQ(mtx_unlock(&m), thrd_success);
        });
        weft::sleep_for(1h);
        EXPECT_EQ(mtx_unlock(&m), thrd_success);
        EXPECT_EQ(mtx_unlock(&m), thrd_success);
        other.get();
    });
    mtx_destroy(&m);
}

TEST_F(c11_threads, a_condition_is_waited_for_by_the_task_alone) {
    mtx_t m;
    cnd_t c;
    mtx_init(&m, mtx_plain);
    cnd_init(&c);
    in_virtual_time([&] {
        int woken = 0;
        const auto wait = [&] {
            mtx_lock(&m);
            EXPECT_EQ(cnd_wait(&c, &m), thrd_success);
            ++woken;
            mtx_unlock(&m);
        };
        auto a = spawn(wait);
        auto b = spawn(wait);
        settle();
        EXPECT_EQ(cnd_signal(&c), thrd_success);
        settle();
        EXPECT_EQ(woken, 1);
        EXPECT_EQ(cnd_broadcast(&c), thrd_success);
        a.get();
        b.get();
        mtx_lock(&m);
        const timespec soon = in(1s);
        EXPECT_EQ(cnd_timedwait(&c, &m, &soon), thrd_timedout);
        mtx_unlock(&m);
    });
    cnd_destroy(&c);
    mtx_destroy(&m);
}

int calls;

TEST_F(c11_threads, a_function_is_called_once) {
    static once_flag once;
    once = ONCE_FLAG_INIT;
    calls = 0;
    in_virtual_time([&] {
        const auto call = [] {
            call_once(&once, [] {
                weft::sleep_for(1s);
                ++calls;
            });
            EXPECT_EQ(calls, 1);
        };
        auto a = spawn(call);
        auto b = spawn(call);
        a.get();
        b.get();
    });
}

TEST_F(c11_threads, a_thread_is_joined_by_the_task_alone) {
    weft::run([] {
        flag go;
        thrd_t t;
        ASSERT_EQ(thrd_create(
                      &t,
                      [](void* f) {
                          static_cast<flag*>(f)->wait_as_thread();
                          return -7;
                      },
                      &go),
                  thrd_success);
        auto joiner = spawn([&] {
            int result = 0;
            EXPECT_EQ(thrd_join(t, &result), thrd_success);
            EXPECT_EQ(result, -7);
        });
        yield_times(3);
        EXPECT_FALSE(joiner.done());
        go.raise();
        joiner.get();
    });
}

TEST_F(c11_threads, who_yields_in_a_loop_lets_the_awaited_task_run) {
    in_virtual_time([] {
        bool done = false;
        auto other = spawn([&] {
            weft::yield();
            done = true;
        });
        while (!done) {
            thrd_yield();
        }
        done = false;
        auto another = spawn([&] { done = true; });
        while (!done) {
            std::this_thread::yield();
        }
        other.get();
        another.get();
    });
}

} // namespace
} // namespace weft::test
