// SPDX-License-Identifier: BSL-1.0
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <thread>

namespace {

using namespace weft::test;
using weft::detail::may_suspend;

class suspension : public api_test {};

TEST_F(suspension, is_for_tasks_alone) {
    EXPECT_FALSE(may_suspend());
    weft::run([] {
        EXPECT_TRUE(may_suspend());
        bool in_callback = true;
        weft::event called;
        weft::running_loop().call_soon([&] {
            in_callback = may_suspend();
            called.set();
        });
        called.wait();
        EXPECT_FALSE(in_callback);
        std::thread([] { EXPECT_FALSE(may_suspend()); }).join();
        EXPECT_FALSE(weft::to_thread([] { return may_suspend(); }));
        EXPECT_TRUE(may_suspend());
    });
    EXPECT_FALSE(may_suspend());
}

TEST_F(suspension, is_forbidden_in_a_scope_that_says_so) {
    weft::run([] {
        bool other_ran = false;
        auto other = weft::spawn([&] { other_ran = true; });
        {
            const weft::posix::no_suspend outer;
            {
                const weft::posix::no_suspend inner;
                EXPECT_FALSE(may_suspend());
            }
            EXPECT_FALSE(may_suspend());
            socket_ends s;
            set_limit(s.near, SO_RCVTIMEO, 1'000);
            char c = 0;
            EXPECT_EQ(told(weft::posix::read(s.near, &c, 1)), failed(EAGAIN));
            EXPECT_FALSE(other_ran); // the thread was blocked, as libc does it
        }
        EXPECT_TRUE(may_suspend());
        other.get();
    });
}

TEST_F(suspension, is_forbidden_in_a_signal_handler) {
    weft::run([] {
        static bool allowed = true;
        allowed = true;
        struct sigaction handle {};
        struct sigaction before {};
        handle.sa_handler = [](int) {
            weft::detail::begin_signal_handler();
            allowed = may_suspend();
            weft::detail::end_signal_handler(true);
        };
        ::sigaction(SIGUSR1, &handle, &before);
        ::raise(SIGUSR1);
        ::sigaction(SIGUSR1, &before, nullptr);
        EXPECT_FALSE(allowed);
        EXPECT_TRUE(may_suspend());
    });
}

TEST_F(suspension, costs_errno_nothing) {
    weft::run([] {
        socket_ends s;
        errno = 4711;
        EXPECT_TRUE(may_suspend());
        weft::detail::forget_descriptor(s.near);
        EXPECT_EQ(errno, 4711);
        EXPECT_EQ(weft::posix::usleep(1), 0);
        EXPECT_EQ(errno, 4711);
    });
}

// --- signals that interrupt ---

// A handler that tells the loop of itself, as the interposer has every handler do.
class told_handler {
  public:
    explicit told_handler(bool restarts) {
        restarts_ = restarts;
        ran_ = 0;
        struct sigaction handle {};
        handle.sa_handler = [](int) {
            weft::detail::begin_signal_handler();
            ran_ = ran_ + 1;
            weft::detail::end_signal_handler(restarts_);
        };
        handle.sa_flags = restarts ? SA_RESTART : 0;
        ::sigaction(SIGUSR1, &handle, &before_);
    }
    ~told_handler() { ::sigaction(SIGUSR1, &before_, nullptr); }
    told_handler(const told_handler&) = delete;
    told_handler& operator=(const told_handler&) = delete;
    static int ran() { return ran_; }

  private:
    static inline bool restarts_ = false;
    static inline volatile sig_atomic_t ran_ = 0;
    struct sigaction before_ {};
};

TEST_F(suspension, ends_with_the_handler_of_a_signal_where_that_was_asked_for) {
    weft::run([] {
        const told_handler handler(false);
        weft::detail::let_signals_interrupt_this_task();
        socket_ends s;
        auto other = weft::spawn([&] {
            char c = 0;
            return weft::posix::read(s.far, &c, 1); // is not interrupted
        });
        auto sender = weft::spawn([] {
            for (int i = 1; i <= 4; ++i) {
                weft::sleep_for(std::chrono::microseconds(200));
                ::raise(SIGUSR1);
                while (told_handler::ran() < i) {
                    weft::yield();
                }
                weft::sleep_for(std::chrono::microseconds(200));
            }
        });
        char c = 0;
        pollfd fd{s.near, POLLIN, 0};
        const timespec hour{3'600, 0};
        timespec left{};
        EXPECT_EQ(told(weft::posix::read(s.near, &c, 1)), failed(EINTR));
        EXPECT_EQ(told(weft::posix::poll(&fd, 1, -1)), failed(EINTR));
        EXPECT_EQ(told(weft::posix::nanosleep(&hour, &left)), failed(EINTR));
        EXPECT_GE(left.tv_sec, 3'500);
        EXPECT_EQ(told(weft::posix::pause()), failed(EINTR));
        sender.get();
        EXPECT_FALSE(other.done());
        EXPECT_EQ(weft::posix::write(s.near, "x", 1), 1);
        EXPECT_EQ(other.get(), 1);
    });
}

TEST_F(suspension, goes_on_behind_a_handler_that_restarts_what_can_be) {
    weft::run([] {
        const told_handler handler(true);
        weft::detail::let_signals_interrupt_this_task();
        socket_ends s;
        auto sender = weft::spawn([&] {
            weft::sleep_for(std::chrono::microseconds(200));
            ::raise(SIGUSR1);
            weft::sleep_for(std::chrono::microseconds(200));
            EXPECT_EQ(weft::posix::write(s.far, "x", 1), 1);
            weft::sleep_for(std::chrono::microseconds(200));
            ::raise(SIGUSR1);
        });
        char c = 0;
        EXPECT_EQ(weft::posix::read(s.near, &c, 1), 1);
        pollfd fd{s.near, POLLIN, 0};
        EXPECT_EQ(told(weft::posix::poll(&fd, 1, -1)), failed(EINTR)); // never restarted
        sender.get();
    });
}

} // namespace
