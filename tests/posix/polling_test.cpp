// SPDX-License-Identifier: BSL-1.0
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/posix_sides.hpp"

#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace {

using namespace weft::test;
using namespace std::chrono_literals;

template <class Side>
class posix_polling : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_polling, both_sides, side_names);

TYPED_TEST(posix_polling, waits_until_one_of_several_is_ready) {
    TypeParam::run([] {
        socket_ends s;
        pipe_ends p;
        pollfd fds[] = {{s.near, POLLIN, 0}, {p.near, POLLIN, 0}, {-1, POLLIN, 77}};
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::poll(fds, 3, -1), 1); },
                             [&] { EXPECT_EQ(TypeParam::write(p.far, "x", 1), 1); }});
        EXPECT_EQ(fds[0].revents, 0);
        EXPECT_EQ(fds[1].revents, POLLIN);
        EXPECT_EQ(fds[2].revents, 0);
    });
}

TYPED_TEST(posix_polling, tells_what_is_ready_at_once) {
    TypeParam::run([] {
        socket_ends s;
        pipe_ends p;
        temporary_file_name name;
        const int file = TypeParam::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        p.close_far();
        pollfd fds[] = {{s.near, POLLIN | POLLOUT, 0}, {p.near, POLLIN, 0},
                        {file, POLLIN | POLLOUT, 0},   {1'000'000, POLLIN, 0},
                        {s.near, POLLOUT, 0},          {s.near, POLLIN, 0}};
        for (const int limit : {0, -1, 1000}) {
            EXPECT_EQ(TypeParam::poll(fds, 6, limit), 5);
            EXPECT_EQ(fds[0].revents, POLLOUT);
            EXPECT_EQ(fds[1].revents, POLLHUP);
            EXPECT_EQ(fds[2].revents, POLLIN | POLLOUT);
            EXPECT_EQ(fds[3].revents, POLLNVAL);
            EXPECT_EQ(fds[4].revents, POLLOUT);
            EXPECT_EQ(fds[5].revents, 0);
        }
        TypeParam::close(file);
    });
}

TYPED_TEST(posix_polling, ends_in_time_and_not_before) {
    TypeParam::run([] {
        socket_ends s;
        pollfd fd{s.near, POLLIN, 0};
        const auto start = std::chrono::steady_clock::now();
        EXPECT_EQ(TypeParam::poll(&fd, 1, 2), 0);
        EXPECT_GE(std::chrono::steady_clock::now() - start, 2ms);
        EXPECT_EQ(fd.revents, 0);
        const timespec little{0, 1'500'000};
        EXPECT_EQ(TypeParam::ppoll(&fd, 1, &little, nullptr), 0);
        EXPECT_GE(std::chrono::steady_clock::now() - start, 3500us);
        EXPECT_EQ(TypeParam::poll(nullptr, 0, 1), 0); // a way to sleep
        EXPECT_GE(std::chrono::steady_clock::now() - start, 4500us);
        EXPECT_EQ(TypeParam::poll(&fd, 1, 0), 0);
    });
}

TYPED_TEST(posix_polling, waits_for_the_same_descriptor_in_several_ways) {
    TypeParam::run([] {
        socket_ends s;
        fill_up(s.near);
        pollfd fds[] = {{s.near, POLLOUT, 0}, {s.near, POLLIN, 0}, {s.near, POLLIN | POLLOUT, 0}};
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::poll(fds, 3, -1), 2); },
                             [&] { EXPECT_EQ(TypeParam::write(s.far, "x", 1), 1); }});
        EXPECT_EQ(fds[0].revents, 0);
        EXPECT_EQ(fds[1].revents, POLLIN);
        EXPECT_EQ(fds[2].revents, POLLIN);
    });
}

TYPED_TEST(posix_polling, hears_of_a_hang_up_that_nobody_asked_about) {
    TypeParam::run([] {
        socket_ends s;
        pipe_ends p;
        EXPECT_EQ(TypeParam::write(s.far, "x", 1), 1); // which is not asked about either
        pollfd fds[] = {{s.near, 0, 0}, {p.near, 0, 0}};
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::poll(fds, 2, -1), 1); }, [&] { p.close_far(); }});
        EXPECT_EQ(fds[0].revents, 0);
        EXPECT_EQ(fds[1].revents, POLLHUP);
    });
}

TYPED_TEST(posix_polling, hears_of_the_end_of_a_stream_alone) {
    TypeParam::run([] {
        socket_ends s;
        EXPECT_EQ(TypeParam::write(s.far, "x", 1), 1);
        pollfd fd{s.near, POLLRDHUP, 0};
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::poll(&fd, 1, -1), 1); },
                             [&] { EXPECT_EQ(::shutdown(s.far, SHUT_WR), 0); }});
        EXPECT_EQ(fd.revents, POLLRDHUP);
    });
}

TYPED_TEST(posix_polling, hears_of_urgent_data) {
    TypeParam::run([] {
        tcp_listener listener;
        two_ends s;
        s.far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(::connect(s.far, listener.generic(), sizeof(listener.address)), 0);
        s.near = ::accept(listener.fd, nullptr, nullptr);
        pollfd fds[] = {{s.near, POLLPRI, 0}, {s.near, POLLPRI | POLLIN, 0}};
        TypeParam::together({[&] { EXPECT_GE(TypeParam::poll(fds, 2, -1), 1); },
                             [&] { EXPECT_EQ(TypeParam::send(s.far, "x", 1, MSG_OOB), 1); }});
        EXPECT_EQ(fds[0].revents, POLLPRI);
    });
}

TYPED_TEST(posix_polling, waits_for_more_descriptors_than_the_loop_would_watch) {
    TypeParam::run([] {
        std::vector<std::unique_ptr<pipe_ends>> pipes;
        std::vector<pollfd> fds;
        for (int i = 0; i < 50; ++i) {
            pipes.push_back(std::make_unique<pipe_ends>());
            fds.push_back({pipes.back()->near, POLLIN, 0});
        }
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::poll(fds.data(), fds.size(), -1), 1); },
                             [&] { EXPECT_EQ(TypeParam::write(pipes[41]->far, "x", 1), 1); }});
        EXPECT_EQ(fds[41].revents, POLLIN);
    });
}

TYPED_TEST(posix_polling, says_what_is_wrong_with_its_arguments) {
    TypeParam::run([] {
        pollfd fd{-1, POLLIN, 0};
        const timespec negative{-1, 0};
        const timespec overfull{0, 1'000'000'000};
        EXPECT_EQ(told(TypeParam::ppoll(&fd, 1, &negative, nullptr)), failed(EINVAL));
        EXPECT_EQ(told(TypeParam::ppoll(&fd, 1, &overfull, nullptr)), failed(EINVAL));
        timeval negative_limit{0, -1};
        EXPECT_EQ(told(TypeParam::select(0, nullptr, nullptr, nullptr, &negative_limit)),
                  failed(EINVAL));
        timeval none{};
        EXPECT_EQ(told(TypeParam::select(-1, nullptr, nullptr, nullptr, &none)), failed(EINVAL));
        rlimit files{};
        ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
        // ASan's own poll() reads as many entries as it is told that there are.
        if (!weft::test::address_sanitizer &&
            files.rlim_cur < std::numeric_limits<nfds_t>::max() / sizeof(pollfd)) {
            EXPECT_EQ(told(TypeParam::poll(&fd, files.rlim_cur + 1, 0)), failed(EINVAL));
        }
    });
}

// --- select ---

TYPED_TEST(posix_polling, selects_what_is_ready) {
    TypeParam::run([] {
        socket_ends s;
        pipe_ends p;
        fd_set to_read;
        fd_set to_write;
        FD_ZERO(&to_read);
        FD_ZERO(&to_write);
        FD_SET(s.near, &to_read);
        FD_SET(p.near, &to_read);
        const int count = std::max(s.near, p.near) + 1;
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::select(count, &to_read, nullptr, nullptr, nullptr), 1); },
             [&] { EXPECT_EQ(TypeParam::write(p.far, "x", 1), 1); }});
        EXPECT_FALSE(FD_ISSET(s.near, &to_read));
        EXPECT_TRUE(FD_ISSET(p.near, &to_read));
        FD_SET(s.near, &to_read);
        FD_SET(s.near, &to_write);
        EXPECT_EQ(TypeParam::select(count, &to_read, &to_write, nullptr, nullptr), 2);
        EXPECT_TRUE(FD_ISSET(s.near, &to_write));
        EXPECT_FALSE(FD_ISSET(s.near, &to_read));
    });
}

TYPED_TEST(posix_polling, selects_nothing_in_time_and_empties_the_sets) {
    TypeParam::run([] {
        socket_ends s;
        fd_set to_read;
        FD_ZERO(&to_read);
        FD_SET(s.near, &to_read);
        timeval limit{0, 2'000};
        EXPECT_EQ(TypeParam::select(s.near + 1, &to_read, nullptr, nullptr, &limit), 0);
        EXPECT_FALSE(FD_ISSET(s.near, &to_read));
        EXPECT_EQ(limit.tv_sec, 0);
        EXPECT_EQ(limit.tv_usec, 0);
        timeval sleep{0, 1'000};
        EXPECT_EQ(TypeParam::select(0, nullptr, nullptr, nullptr, &sleep), 0);
        const timespec none{};
        FD_SET(s.near, &to_read);
        EXPECT_EQ(TypeParam::pselect(s.near + 1, &to_read, nullptr, nullptr, &none, nullptr), 0);
        EXPECT_FALSE(FD_ISSET(s.near, &to_read));
    });
}

TYPED_TEST(posix_polling, select_writes_back_what_is_left_of_the_time) {
    TypeParam::run([] {
        socket_ends s;
        fd_set to_read;
        FD_ZERO(&to_read);
        FD_SET(s.near, &to_read);
        timeval limit{3'600, 0};
        TypeParam::together(
            {[&] {
                 EXPECT_EQ(TypeParam::select(s.near + 1, &to_read, nullptr, nullptr, &limit), 1);
             },
             [&] { EXPECT_EQ(TypeParam::write(s.far, "x", 1), 1); }});
        EXPECT_GE(limit.tv_sec, 3'000);
        EXPECT_LE(limit.tv_sec, 3'600);
    });
}

TYPED_TEST(posix_polling, select_keeps_its_sets_when_it_fails) {
    TypeParam::run([] {
        pipe_ends p;
        const int gone = p.near;
        p.close_near();
        fd_set to_read;
        FD_ZERO(&to_read);
        FD_SET(gone, &to_read);
        EXPECT_EQ(told(TypeParam::select(gone + 1, &to_read, nullptr, nullptr, nullptr)),
                  failed(EBADF));
        EXPECT_TRUE(FD_ISSET(gone, &to_read));
    });
}

// --- epoll ---

TYPED_TEST(posix_polling, waits_for_a_programs_own_epoll_set) {
    TypeParam::run([] {
        pipe_ends p;
        const int set = ::epoll_create1(EPOLL_CLOEXEC);
        epoll_event event{EPOLLIN | EPOLLET, {.u64 = 42}};
        ASSERT_EQ(::epoll_ctl(set, EPOLL_CTL_ADD, p.near, &event), 0);
        epoll_event out[4] = {};
        EXPECT_EQ(TypeParam::epoll_wait(set, out, 4, 0), 0);
        EXPECT_EQ(TypeParam::epoll_wait(set, out, 4, 1), 0);
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::epoll_wait(set, out, 4, -1), 1); },
                             [&] { EXPECT_EQ(TypeParam::write(p.far, "x", 1), 1); }});
        EXPECT_EQ(out[0].data.u64, 42U);
        EXPECT_EQ(out[0].events, EPOLLIN);
        const timespec little{0, 1'000'000};
        EXPECT_EQ(TypeParam::epoll_pwait2(set, out, 4, &little, nullptr), 0); // edges only
        EXPECT_EQ(TypeParam::epoll_pwait(set, out, 4, 1, nullptr), 0);
        EXPECT_EQ(told(TypeParam::epoll_wait(p.near, out, 4, 0)), failed(EINVAL));
        EXPECT_EQ(told(TypeParam::epoll_wait(set, out, 0, 0)), failed(EINVAL));
        TypeParam::close(set);
        EXPECT_EQ(told(TypeParam::epoll_wait(set, out, 4, 0)), failed(EBADF));
    });
}

TYPED_TEST(posix_polling, polls_an_epoll_set_among_others) {
    TypeParam::run([] {
        pipe_ends p;
        const int set = ::epoll_create1(EPOLL_CLOEXEC);
        epoll_event event{EPOLLIN, {}};
        ASSERT_EQ(::epoll_ctl(set, EPOLL_CTL_ADD, p.near, &event), 0);
        pollfd fd{set, POLLIN, 0};
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::poll(&fd, 1, -1), 1); },
                             [&] { EXPECT_EQ(TypeParam::write(p.far, "x", 1), 1); }});
        EXPECT_EQ(fd.revents, POLLIN);
        TypeParam::close(set);
    });
}

// --- tasks only ---

class posix_polling_tasks : public api_test {};

TEST_F(posix_polling_tasks, a_thousand_tasks_poll) {
    weft::run([] {
        constexpr int tasks = 1000;
        std::vector<std::unique_ptr<socket_ends>> ends;
        int ready = 0;
        weft::with_task_group([&](weft::task_group& group) {
            for (int i = 0; i < tasks / 4; ++i) {
                ends.push_back(std::make_unique<socket_ends>());
                for (int k = 0; k < 4; ++k) { // several of them on one descriptor
                    group.spawn([&ready, fd = ends.back()->near] {
                        pollfd p{fd, POLLIN, 0};
                        ready += weft::posix::poll(&p, 1, 60'000);
                    });
                }
            }
            group.spawn([&] {
                for (const auto& s : ends) {
                    EXPECT_EQ(weft::posix::write(s->far, "x", 1), 1);
                }
            });
        });
        EXPECT_EQ(ready, tasks);
    });
}

TEST_F(posix_polling_tasks, polling_without_a_wait_lets_the_others_run) {
    in_virtual_time([] {
        bool ran = false;
        auto other = weft::spawn([&] { ran = true; });
        pollfd fd{-1, 0, 0};
        while (!ran) {
            EXPECT_EQ(weft::posix::poll(&fd, 1, 0), 0);
        }
        other.get();
    });
}

TEST_F(posix_polling_tasks, hours_of_polling_pass_in_virtual_time) {
    in_virtual_time([] {
        socket_ends s;
        pollfd fd{s.near, POLLIN, 0};
        const auto start = loop_time();
        EXPECT_EQ(weft::posix::poll(&fd, 1, 3'600'000), 0);
        EXPECT_EQ(loop_time() - start, 1h);
        fd.events = POLLPRI; // by way of a set
        EXPECT_EQ(weft::posix::poll(&fd, 1, 3'600'000), 0);
        EXPECT_EQ(loop_time() - start, 2h);
    });
}

TEST_F(posix_polling_tasks, a_closed_descriptor_ends_a_poll) {
    for (const short events : {POLLIN, POLLPRI}) {
        in_virtual_time([&] {
            socket_ends s;
            pollfd fd{s.near, events, 0};
            auto waiter = weft::spawn([&] { return weft::posix::poll(&fd, 1, -1); });
            weft::sleep_for(1ms);
            s.close_near();
            EXPECT_EQ(waiter.get(), 1);
            EXPECT_EQ(fd.revents, POLLNVAL);
        });
    }
}

} // namespace
