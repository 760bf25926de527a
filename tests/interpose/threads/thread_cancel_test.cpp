// SPDX-License-Identifier: BSL-1.0
//
// pthread_cancel() of a thread that waits in one of the calls that are points of cancellation: it
// unwinds through this library's functions as through libc's.
#include "tests/interpose/threads/threads_fixture.hpp"

#include <semaphore.h>
#include <unistd.h>

namespace weft::test {
namespace {

class thread_cancels : public api_test {
  protected:
    // Runs `wait` on a thread, and cancels it there.
    template <class Wait>
    void cancel_in(Wait wait) {
        std::atomic<pid_t> number = 0;
        auto both = std::pair<Wait&, std::atomic<pid_t>&>(wait, number);
        pthread_t thread{};
        ASSERT_EQ(pthread_create(
                      &thread, nullptr,
                      [](void* p) -> void* {
                          auto& [call, tell] = *static_cast<decltype(both)*>(p);
                          tell = ::gettid();
                          call();
                          return nullptr;
                      },
                      &both),
                  0);
        while (number == 0) {
            std::this_thread::sleep_for(100us);
        }
        wait_until_asleep(number);
        EXPECT_EQ(pthread_cancel(thread), 0);
        void* result = nullptr;
        EXPECT_EQ(pthread_join(thread, &result), 0);
        EXPECT_EQ(result, PTHREAD_CANCELED);
    }
};

TEST_F(thread_cancels, a_wait_for_a_condition_takes_the_mutex_and_runs_the_cleanup) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t c = PTHREAD_COND_INITIALIZER;
    cancel_in([&] {
        pthread_mutex_lock(&m);
        pthread_cleanup_push(
            [](void* mutex) { pthread_mutex_unlock(static_cast<pthread_mutex_t*>(mutex)); }, &m);
        pthread_cond_wait(&c, &m);
        pthread_cleanup_pop(0);
    });
    EXPECT_EQ(pthread_mutex_trylock(&m), 0);
    EXPECT_EQ(pthread_mutex_unlock(&m), 0);
}

TEST_F(thread_cancels, a_wait_for_a_semaphore) {
    sem_t s;
    sem_init(&s, 0, 0);
    cancel_in([&] { sem_wait(&s); });
    EXPECT_EQ(sem_destroy(&s), 0);
}

TEST_F(thread_cancels, a_wait_for_a_threads_end) {
    flag go;
    std::thread other([&] { go.wait_as_thread(); });
    cancel_in([&] { pthread_join(other.native_handle(), nullptr); });
    go.raise();
    other.join();
}

} // namespace
} // namespace weft::test
