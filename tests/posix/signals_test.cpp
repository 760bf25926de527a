// SPDX-License-Identifier: BSL-1.0
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

namespace {

using namespace weft::test;
namespace posix = weft::posix;

// SIGUSR2 stays blocked in this thread and those that it makes.
class usr2_blocked {
  public:
    usr2_blocked() {
        ::sigemptyset(&set_);
        ::sigaddset(&set_, SIGUSR2);
        ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    }
    ~usr2_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    usr2_blocked(const usr2_blocked&) = delete;
    usr2_blocked& operator=(const usr2_blocked&) = delete;
    const sigset_t* set() const { return &set_; }

  private:
    sigset_t set_;
    sigset_t before_;
};

template <class Side>
class posix_signals : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_signals, both_sides, side_names);

TYPED_TEST(posix_signals, are_taken_when_they_come) {
    const usr2_blocked blocked;
    TypeParam::run([&] {
        int got = 0;
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::sigwait(blocked.set(), &got), 0); },
                             [&] { EXPECT_EQ(::kill(::getpid(), SIGUSR2), 0); }});
        EXPECT_EQ(got, SIGUSR2);
        siginfo_t info{};
        const timespec little{0, 1'000'000};
        EXPECT_EQ(told(TypeParam::sigtimedwait(blocked.set(), &info, &little)), failed(EAGAIN));
        EXPECT_EQ(::kill(::getpid(), SIGUSR2), 0);
        EXPECT_EQ(TypeParam::sigtimedwait(blocked.set(), &info, &little), SIGUSR2);
        EXPECT_EQ(info.si_signo, SIGUSR2);
        EXPECT_EQ(info.si_pid, ::getpid());
        const timespec none{};
        EXPECT_EQ(told(TypeParam::sigtimedwait(blocked.set(), &info, &none)), failed(EAGAIN));
        const timespec negative{-1, 0};
        EXPECT_EQ(told(TypeParam::sigtimedwait(blocked.set(), &info, &negative)), failed(EINVAL));
    });
}

class posix_signals_tasks : public api_test {};

TEST_F(posix_signals_tasks, a_cancelled_wait_leaves_the_signal_pending) {
    const usr2_blocked blocked;
    weft::run([&] {
        auto waiter = weft::spawn([&] {
            int got = 0;
            EXPECT_EQ(posix::sigwait(blocked.set(), &got), ECANCELED);
            EXPECT_THROW(weft::yield(), weft::cancelled);
            EXPECT_EQ(posix::sigwait(blocked.set(), &got), 0);
            EXPECT_EQ(got, SIGUSR2);
        });
        weft::sleep_for(std::chrono::microseconds(300));
        waiter.cancel();
        EXPECT_EQ(::kill(::getpid(), SIGUSR2), 0);
        waiter.get();
    });
}

// The mask of ppoll() lets a signal through that is blocked otherwise, for as long as the wait
// lasts.
TEST_F(posix_signals_tasks, are_let_through_while_a_task_waits_with_a_mask) {
    static volatile sig_atomic_t handled = 0;
    handled = 0;
    const usr2_blocked blocked;
    struct sigaction count {};
    struct sigaction before {};
    count.sa_handler = [](int) { handled = handled + 1; };
    ::sigaction(SIGUSR2, &count, &before);
    weft::run([&] {
        socket_ends s;
        auto waiter = weft::spawn([&] {
            sigset_t none;
            ::sigemptyset(&none);
            pollfd fd{s.near, POLLIN, 0};
            return posix::ppoll(&fd, 1, nullptr, &none);
        });
        weft::sleep_for(std::chrono::microseconds(300));
        EXPECT_EQ(::raise(SIGUSR2), 0);
        while (handled == 0) {
            weft::sleep_for(std::chrono::microseconds(100));
        }
        EXPECT_EQ(posix::write(s.far, "x", 1), 1);
        EXPECT_EQ(waiter.get(), 1);
        EXPECT_EQ(::raise(SIGUSR2), 0);
        EXPECT_EQ(handled, 1); // blocked again
        const timespec at_once{};
        EXPECT_EQ(::sigtimedwait(blocked.set(), nullptr, &at_once), SIGUSR2);
    });
    ::sigaction(SIGUSR2, &before, nullptr);
}

TEST_F(posix_signals_tasks, a_pause_ends_with_the_cancel) {
    weft::run([] {
        auto waiter = weft::spawn([] {
            EXPECT_EQ(told(posix::pause()), failed(ECANCELED));
            EXPECT_THROW(weft::yield(), weft::cancelled);
        });
        weft::sleep_for(std::chrono::microseconds(300));
        waiter.cancel();
        waiter.get();
    });
}

} // namespace
