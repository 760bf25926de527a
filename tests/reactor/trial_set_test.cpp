// SPDX-License-Identifier: BSL-1.0
//
// The question that is put to the kernel before libev asks it: what can be watched, what never
// blocks, and what must not come near libev.
#include "reactor/trial_set.hpp"
#include "tests/support/net_reactor.hpp"
#include "tests/support/net_shortage.hpp"
#include "tests/support/net_system_calls.hpp"

#include <cerrno>
#include <memory>
#include <system_error>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

namespace weft::reactor {
namespace {

class trial : public testing::Test {
  protected:
    void SetUp() override { ev_run(loop_.get(), EVRUN_NOWAIT); }
    watchability of(const unique_fd& fd) const { return set_.of(fd.get()); }

    struct destroy {
        void operator()(struct ev_loop* l) const noexcept { ev_loop_destroy(l); }
    };
    std::unique_ptr<struct ev_loop, destroy> loop_{
        ev_loop_new(static_cast<unsigned int>(EVBACKEND_EPOLL) | EVFLAG_NOENV)};
    trial_set set_{loop_.get()};
};

TEST_F(trial, sockets_and_pipes_are_watchable_without_asking_epoll) {
    const auto sockets = test::make_socket_pair();
    const auto pipe = test::make_pipe();
    const auto calls = test::epoll_ctl_calls();
    EXPECT_EQ(of(sockets.near), watchability::watchable);
    EXPECT_EQ(of(pipe.near), watchability::watchable);
    EXPECT_EQ(of(pipe.far), watchability::watchable);
    EXPECT_EQ(test::epoll_ctl_calls(), calls);
}

TEST_F(trial, event_and_timer_descriptors_are_watchable) {
    const unique_fd event(::eventfd(0, EFD_CLOEXEC));
    const unique_fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    EXPECT_EQ(of(event), watchability::watchable);
    EXPECT_EQ(of(timer), watchability::watchable);
    EXPECT_EQ(of(event), watchability::watchable) << "asking leaves no trace";
}

TEST_F(trial, files_folders_and_null_are_always_ready) {
    EXPECT_EQ(of(unique_fd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC))),
              watchability::always_ready);
    EXPECT_EQ(of(unique_fd(::open("/", O_RDONLY | O_CLOEXEC))), watchability::always_ready);
    EXPECT_EQ(of(unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))), watchability::always_ready);
}

TEST_F(trial, what_is_not_open_is_said_to_be) {
    EXPECT_EQ(set_.of(-1), watchability::not_open);
    EXPECT_EQ(set_.of(1 << 30), watchability::not_open);
}

TEST_F(trial, an_epoll_set_is_watchable) {
    EXPECT_EQ(of(unique_fd(::epoll_create1(EPOLL_CLOEXEC))), watchability::watchable);
}

TEST_F(trial, lack_of_room_is_a_refusal) {
    const unique_fd event(::eventfd(0, EFD_CLOEXEC));
    const test::refuse_to_watch shortage(event.get(), ENOSPC);
    EXPECT_EQ(of(event), watchability::refused);
}

TEST_F(trial, without_a_descriptor_it_cannot_be_made) {
    const test::descriptor_shortage shortage;
    EXPECT_THROW(trial_set(loop_.get()), std::system_error);
}

} // namespace
} // namespace weft::reactor
