// SPDX-License-Identifier: BSL-1.0
//
// The green mutexes with a time limit: how long they wait, and what they do with odd times.
#include "tests/support/green.hpp"

#include <chrono>
#include <limits>
#include <stdexcept>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

template <class Mutex>
class green_timed_mutex : public green_fixture {};
using timed_mutexes =
    testing::Types<green::timed_mutex, green::recursive_timed_mutex, green::shared_timed_mutex>;
TYPED_TEST_SUITE(green_timed_mutex, timed_mutexes);

TYPED_TEST(green_timed_mutex, gives_up_when_the_time_has_come) {
    in_virtual_time([] {
        TypeParam m;
        m.lock();
        auto other = spawn([&] {
            const auto begin = loop_time();
            EXPECT_FALSE(m.try_lock_for(5ms));
            EXPECT_EQ(loop_time() - begin, 5ms);
            EXPECT_FALSE(m.try_lock_until(loop_time() + 1us));
            EXPECT_FALSE(m.try_lock_until(std::chrono::system_clock::now() + 1ms));
            EXPECT_GT(loop_time() - begin, 5ms + 1us);
            EXPECT_FALSE(m.try_lock_until(std::chrono::system_clock::time_point::min()));
            EXPECT_THROW(m.try_lock_for(std::chrono::duration<double>(
                             std::numeric_limits<double>::quiet_NaN())),
                         std::invalid_argument);
        });
        other.get();
        m.unlock();
        EXPECT_TRUE(m.try_lock_for(-1s));
        m.unlock();
    });
}

TYPED_TEST(green_timed_mutex, too_long_a_time_is_no_limit) {
    in_virtual_time([] {
        TypeParam m;
        m.lock();
        auto other = spawn([&] { return m.try_lock_for(std::chrono::hours::max()); });
        sleep_for(std::chrono::hours(24 * 365));
        m.unlock();
        EXPECT_TRUE(other.get());
    });
}

TYPED_TEST(green_timed_mutex, asking_with_no_time_again_and_again_lets_the_others_run) {
    in_virtual_time([] {
        TypeParam m;
        auto holder = spawn({.eager = true}, [&] {
            const std::lock_guard guard(m);
            yield_times(5);
        });
        while (!m.try_lock_for(0s)) {
        }
        m.unlock();
        holder.get();
    });
}

TYPED_TEST(green_timed_mutex, a_thread_gives_up_too) {
    TypeParam m;
    m.lock();
    on_a_plain_thread([&] {
        const auto begin = clock::now();
        EXPECT_FALSE(m.try_lock_for(2ms));
        EXPECT_GE(clock::now() - begin, 2ms);
        EXPECT_FALSE(m.try_lock_for(-1s));
    });
    m.unlock();
}

} // namespace
} // namespace weft::test
