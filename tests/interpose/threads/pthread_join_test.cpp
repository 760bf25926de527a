// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/threads_fixture.hpp"
#include "tests/support/api_sanitizers.hpp"

namespace weft::test {
namespace {

class pthread_joins : public api_test {};

// A thread that ends when it is told to, with its argument as its result.
class patient_thread {
  public:
    explicit patient_thread(void* result = nullptr) : result_(result) {
        EXPECT_EQ(pthread_create(&thread_, nullptr, &patient_thread::run, this), 0);
    }
    pthread_t handle() const noexcept { return thread_; }
    void end() noexcept { may_end_.raise(); }
    // It does not touch this object any more.
    bool is_ending() const noexcept { return ending_.up(); }

  private:
    static void* run(void* self) {
        auto& t = *static_cast<patient_thread*>(self);
        t.may_end_.wait_as_thread();
        void* const result = t.result_;
        t.ending_.raise();
        return result;
    }

    void* result_;
    flag may_end_;
    flag ending_;
    pthread_t thread_;
};

TEST_F(pthread_joins, a_join_suspends_until_the_thread_has_ended) {
    weft::run([] {
        int value = 0;
        patient_thread t(&value);
        auto joiner = spawn([&] {
            void* result = nullptr;
            EXPECT_EQ(pthread_join(t.handle(), &result), 0);
            EXPECT_EQ(result, &value);
        });
        yield_times(5);
        EXPECT_FALSE(joiner.done());
        t.end();
        joiner.get();
    });
}

TEST_F(pthread_joins, several_at_once) {
    weft::run([] {
        patient_thread a;
        patient_thread b;
        auto first = spawn([&] { EXPECT_EQ(pthread_join(a.handle(), nullptr), 0); });
        auto second = spawn([&] { EXPECT_EQ(pthread_join(b.handle(), nullptr), 0); });
        yield_times(3);
        b.end();
        second.get();
        EXPECT_FALSE(first.done());
        a.end();
        first.get();
    });
}

TEST_F(pthread_joins, a_thread_that_has_ended_is_joined_at_once_and_tells_its_cancellation) {
    if (address_sanitizer)
        GTEST_SKIP() << "ASan takes the stack of a cancelled thread for one that is in use";
    weft::run([] {
        patient_thread t;
        EXPECT_EQ(pthread_cancel(t.handle()), 0);
        void* result = nullptr;
        EXPECT_EQ(pthread_join(t.handle(), &result), 0);
        EXPECT_EQ(result, PTHREAD_CANCELED);
    });
}

TEST_F(pthread_joins, who_would_wait_for_itself_is_told) {
    weft::run([] { EXPECT_EQ(pthread_join(pthread_self(), nullptr), EDEADLK); });
}

TEST_F(pthread_joins, a_detached_thread_is_refused) {
    weft::run([] {
        patient_thread t;
        EXPECT_EQ(pthread_detach(t.handle()), 0);
        EXPECT_EQ(pthread_join(t.handle(), nullptr), EINVAL);
        t.end();
        while (!t.is_ending()) {
            weft::yield();
        }
    });
}

TEST_F(pthread_joins, a_thread_that_joins_back_is_told) {
    weft::run([] {
        struct {
            pthread_t loop_thread = pthread_self();
            flag go;
            int answer = -1;
        } shared;
        pthread_t t{};
        pthread_create(
            &t, nullptr,
            [](void* s) -> void* {
                auto& with = *static_cast<decltype(shared)*>(s);
                with.go.wait_as_thread();
                with.answer = pthread_join(with.loop_thread, nullptr);
                return nullptr;
            },
            &shared);
        auto joiner = spawn([&] { EXPECT_EQ(pthread_join(t, nullptr), 0); });
        yield_times(2);
        shared.go.raise();
        joiner.get();
        EXPECT_EQ(shared.answer, EDEADLK);
    });
}

TEST_F(pthread_joins, timed_ones_give_up_and_the_thread_can_be_joined_later) {
    weft::run([] {
        patient_thread t;
        const timespec soon = in(1ms);
        EXPECT_EQ(pthread_timedjoin_np(t.handle(), nullptr, &soon), ETIMEDOUT);
        const timespec monotonic = in(1ms, CLOCK_MONOTONIC);
        EXPECT_EQ(pthread_clockjoin_np(t.handle(), nullptr, CLOCK_MONOTONIC, &monotonic),
                  ETIMEDOUT);
        EXPECT_EQ(pthread_clockjoin_np(t.handle(), nullptr, CLOCK_PROCESS_CPUTIME_ID, &monotonic),
                  EINVAL);
        EXPECT_EQ(pthread_tryjoin_np(t.handle(), nullptr), EBUSY);
        t.end();
        const timespec later = in(1h);
        EXPECT_EQ(pthread_timedjoin_np(t.handle(), nullptr, &later), 0);
    });
}

TEST_F(pthread_joins, a_cancel_is_kept) {
    weft::run([] {
        patient_thread t;
        auto joiner = spawn({.eager = true}, [&] {
            EXPECT_EQ(pthread_join(t.handle(), nullptr), 0);
            weft::sleep_for(1h);
        });
        joiner.cancel();
        yield_times(3);
        EXPECT_FALSE(joiner.done());
        t.end();
        EXPECT_EQ(end_of([&] { joiner.get(); }), "cancelled");
    });
}

} // namespace
} // namespace weft::test
