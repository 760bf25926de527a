// SPDX-License-Identifier: BSL-1.0
//
// Signals as a loop sees them: who is told, and what the disposition is before, meanwhile and
// after.
#include "tests/support/net_reactor.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace weft::reactor {
namespace {

using manner = signals::manner;

using disposition = void (*)(int);

disposition disposition_of(int n) {
    struct sigaction now {};
    EXPECT_EQ(sigaction(n, nullptr, &now), 0);
    return now.sa_handler;
}

class signals_test : public testing::Test {
  protected:
    // Whether the descriptor was written to since the last time.
    bool woken() const {
        std::uint64_t count = 0;
        return ::read(wake_.get(), &count, sizeof(count)) == sizeof(count);
    }
    unique_fd wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    signals signals_{wake_.get()};
};

TEST_F(signals_test, are_noted_once_and_wake) {
    EXPECT_FALSE(signals_.pending());
    EXPECT_EQ(signals_.take(), 0u);
    signals_.subscribe(SIGUSR1);
    signals_.subscribe(SIGUSR2);
    std::raise(SIGUSR1);
    std::raise(SIGUSR1);
    EXPECT_TRUE(woken());
    EXPECT_TRUE(signals_.pending());
    EXPECT_EQ(signals_.take(), signals::bit_of(SIGUSR1));
    EXPECT_FALSE(signals_.pending());
    std::raise(SIGUSR2);
    EXPECT_EQ(signals_.take(), signals::bit_of(SIGUSR2));
}

TEST_F(signals_test, leave_errno_as_it_was) {
    signals_.subscribe(SIGUSR1);
    while (::write(wake_.get(), "\xfe\xff\xff\xff\xff\xff\xff\xff", 8) == 8) { // full
    }
    errno = ERANGE;
    std::raise(SIGUSR1);
    EXPECT_EQ(errno, ERANGE);
}

TEST_F(signals_test, the_disposition_comes_back_with_the_last_subscriber) {
    std::signal(SIGUSR1, SIG_IGN);
    {
        signals other(wake_.get());
        signals_.subscribe(SIGUSR1);
        other.subscribe(SIGUSR1);
        signals_.unsubscribe(SIGUSR1);
        EXPECT_NE(disposition_of(SIGUSR1), SIG_IGN);
        std::raise(SIGUSR1);
        EXPECT_EQ(other.take(), signals::bit_of(SIGUSR1));
        EXPECT_EQ(signals_.take(), 0u);
    }
    EXPECT_EQ(disposition_of(SIGUSR1), SIG_IGN);
    signals_.unsubscribe(SIGUSR1); // again
    signals_.unsubscribe(SIGUSR2); // never had
    std::signal(SIGUSR1, SIG_DFL);
}

TEST_F(signals_test, unsubscribing_forgets_what_has_come) {
    signals_.subscribe(SIGUSR1);
    std::raise(SIGUSR1);
    signals_.unsubscribe(SIGUSR1);
    EXPECT_FALSE(signals_.pending());
}

TEST_F(signals_test, first_only_puts_the_default_back_when_it_is_told) {
    signals_.subscribe(SIGWINCH, manner::first_only); // ignored by default
    std::raise(SIGWINCH);
    EXPECT_EQ(signals_.take(), signals::bit_of(SIGWINCH));
    EXPECT_EQ(disposition_of(SIGWINCH), SIG_DFL);
    std::raise(SIGWINCH);
    EXPECT_EQ(signals_.take(), 0u);
    signals_.unsubscribe(SIGWINCH, manner::first_only);
    EXPECT_EQ(disposition_of(SIGWINCH), SIG_DFL);
}

TEST_F(signals_test, first_only_gives_way_to_every_time) {
    signals other(wake_.get());
    signals_.subscribe(SIGWINCH, manner::first_only);
    other.subscribe(SIGWINCH);
    std::raise(SIGWINCH);
    EXPECT_EQ(signals_.take(), 0u);
    EXPECT_EQ(other.take(), signals::bit_of(SIGWINCH));
    other.unsubscribe(SIGWINCH);
    std::raise(SIGWINCH);
    EXPECT_EQ(signals_.take(), signals::bit_of(SIGWINCH));
    other.subscribe(SIGWINCH); // after the default was put back
    std::raise(SIGWINCH);
    EXPECT_EQ(other.take(), signals::bit_of(SIGWINCH));
}

TEST_F(signals_test, one_loop_may_subscribe_in_both_manners) {
    signals_.subscribe(SIGWINCH, manner::first_only);
    signals_.subscribe(SIGWINCH, manner::every_time);
    signals_.unsubscribe(SIGWINCH, manner::every_time);
    EXPECT_NE(disposition_of(SIGWINCH), SIG_DFL);
    std::raise(SIGWINCH);
    EXPECT_EQ(signals_.take(), signals::bit_of(SIGWINCH));
    signals_.unsubscribe(SIGWINCH, manner::first_only);
    EXPECT_EQ(disposition_of(SIGWINCH), SIG_DFL);
}

TEST_F(signals_test, what_the_kernel_refuses_is_an_error_and_changes_nothing) {
    EXPECT_THROW(signals_.subscribe(SIGKILL), std::system_error);
    EXPECT_FALSE(is_catchable(SIGKILL));
    EXPECT_FALSE(is_catchable(SIGSEGV));
    EXPECT_FALSE(is_catchable(0));
    EXPECT_FALSE(is_catchable(33)); // the C library's own
    EXPECT_FALSE(is_catchable(65));
    EXPECT_TRUE(is_catchable(SIGRTMIN));
    EXPECT_TRUE(is_catchable(SIGINT));
}

// The loop's own watch for them.
using loop_signals_test = test::reactor_fixture;

TEST_F(loop_signals_test, a_poll_tells_what_has_come) {
    std::uint64_t told = 0;
    loop().on_signals(&told, [](void* t, std::uint64_t bits) noexcept {
        *static_cast<std::uint64_t*>(t) |= bits;
    });
    loop().signals_of_process().subscribe(SIGUSR1);
    loop().poll();
    EXPECT_FALSE(loop().watching()) << "a subscription alone promises nothing";
    std::raise(SIGUSR1);
    EXPECT_TRUE(loop().watching());
    EXPECT_EQ(told, 0u);
    EXPECT_TRUE(loop().poll());
    EXPECT_EQ(told, signals::bit_of(SIGUSR1));
    EXPECT_FALSE(loop().watching());
    loop().signals_of_process().unsubscribe(SIGUSR1);
    loop().on_signals(nullptr, nullptr);
}

} // namespace
} // namespace weft::reactor
