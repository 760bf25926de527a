// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/threads_fixture.hpp"

#include <climits>

#include <linux/futex.h>

#include <sys/syscall.h>
#include <unistd.h>

namespace weft::test {
namespace {

class futexes : public api_test {
  protected:
    std::atomic<unsigned> word_ = 0;

    long wait(unsigned value, const timespec* time = nullptr, int flags = FUTEX_PRIVATE_FLAG) {
        return ::syscall(SYS_futex, &word_, FUTEX_WAIT | flags, value, time, nullptr, 0);
    }
    long wait_until(unsigned value, const timespec* time, int flags) {
        return ::syscall(SYS_futex, &word_, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | flags, value,
                         time, nullptr, FUTEX_BITSET_MATCH_ANY);
    }
    long wake(int count) {
        return ::syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
    }
};

TEST_F(futexes, a_wait_suspends_until_a_wake) {
    in_virtual_time([&] {
        auto waiter = spawn([&] { EXPECT_EQ(wait(0), 0); });
        weft::sleep_for(1h);
        EXPECT_FALSE(waiter.done());
        EXPECT_EQ(wake(1), 1);
        waiter.get();
        EXPECT_EQ(wake(1), 0);
    });
}

TEST_F(futexes, a_word_with_another_value_is_not_waited_for) {
    in_virtual_time([&] {
        errno = 0;
        EXPECT_EQ(wait(1), -1);
        EXPECT_EQ(errno, EAGAIN);
    });
}

TEST_F(futexes, as_many_are_woken_as_are_asked_for) {
    in_virtual_time([&] {
        int woken = 0;
        std::vector<task<void>> all;
        for (int i = 0; i < 5; ++i) {
            all.push_back(spawn([&] {
                EXPECT_EQ(wait(0), 0);
                ++woken;
            }));
        }
        settle();
        EXPECT_EQ(wake(2), 2);
        settle();
        EXPECT_EQ(woken, 2);
        EXPECT_EQ(wake(INT_MAX), 3);
        for (auto& t : all) {
            t.get();
        }
    });
}

TEST_F(futexes, times_are_spans_or_points_as_the_kernel_has_them) {
    in_virtual_time([&] {
        const timespec span{3600, 0};
        EXPECT_EQ(time_of([&] { EXPECT_EQ(wait(0, &span), -1); }), 1h);
        EXPECT_EQ(errno, ETIMEDOUT);
        const timespec monotonic = in(1h, CLOCK_MONOTONIC);
        EXPECT_GT(time_of([&] { EXPECT_EQ(wait_until(0, &monotonic, 0), -1); }), 59min);
        EXPECT_EQ(errno, ETIMEDOUT);
        const timespec real = in(1h, CLOCK_REALTIME);
        EXPECT_GT(time_of([&] { EXPECT_EQ(wait_until(0, &real, FUTEX_CLOCK_REALTIME), -1); }),
                  59min);
        EXPECT_EQ(errno, ETIMEDOUT);
        const timespec wrong{0, -1};
        EXPECT_EQ(wait(0, &wrong), -1);
        EXPECT_EQ(errno, EINVAL);
    });
}

TEST_F(futexes, a_cancel_is_kept) {
    in_virtual_time([&] {
        auto waiter = spawn([&] {
            EXPECT_EQ(wait(0), 0);
            weft::sleep_for(1h);
        });
        settle();
        waiter.cancel();
        settle();
        EXPECT_FALSE(waiter.done());
        wake(1);
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled");
    });
}

TEST_F(futexes, threads_are_woken_before_tasks_and_no_more_than_were_asked_for) {
    weft::run([&] {
        std::atomic<pid_t> number = 0;
        bool task_woken = false;
        auto waiter = spawn([&] {
            EXPECT_EQ(wait(0), 0);
            task_woken = true;
        });
        std::thread thread([&] {
            number = ::gettid();
            wait(0);
        });
        while (number == 0) {
            weft::sleep_for(100us);
        }
        wait_until_asleep(number);
        EXPECT_EQ(wake(1), 1);
        thread.join();
        yield_times(3);
        EXPECT_FALSE(task_woken);
        EXPECT_EQ(wake(2), 1);
        waiter.get();
    });
}

TEST_F(futexes, other_system_calls_are_the_kernels) {
    EXPECT_EQ(::syscall(SYS_getpid), ::getpid());
    errno = 0;
    EXPECT_EQ(::syscall(SYS_close, -1), -1);
    EXPECT_EQ(errno, EBADF);
    // All six arguments arrive.
    void* p = reinterpret_cast<void*>(::syscall(SYS_mmap, nullptr, 4096L, 3L, 0x22L, -1L, 0L));
    ASSERT_NE(p, reinterpret_cast<void*>(-1));
    EXPECT_EQ(::syscall(SYS_munmap, p, 4096L), 0);
}

} // namespace
} // namespace weft::test
