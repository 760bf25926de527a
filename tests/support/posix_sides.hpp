// SPDX-License-Identifier: BSL-1.0
//
// The two sides that every call is held against each other on: libc's on plain threads, and
// weft::posix's on tasks. A typed test runs once with each and expects the same.
#pragma once

#include "tests/support/api_fixture.hpp"

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pty.h>
#include <pwd.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

namespace weft::test {

// The formatter would move the lines of this list each time.
// clang-format off
#define WEFT_POSIX_CALLS(X)                                                                        \
    X(read)                                                                                        \
    X(readv)                                                                                       \
    X(pread) X(write) X(writev) X(pwrite) X(preadv2) X(pwritev2) X(recv) X(recvfrom) X(recvmsg)    \
        X(recvmmsg) X(send) X(sendto) X(sendmsg) X(sendmmsg) X(connect) X(accept) X(accept4)       \
            X(poll) X(ppoll) X(select) X(pselect) X(epoll_wait) X(epoll_pwait) X(epoll_pwait2)     \
                X(sleep) X(usleep) X(nanosleep) X(clock_nanosleep) X(close) X(dup) X(dup2) X(dup3) \
                    X(fcntl) X(flock) X(lockf) X(open) X(fsync) X(fdatasync) X(sendfile) X(splice) \
                        X(waitpid) X(wait4) X(waitid) X(system) X(popen) X(pclose) X(sigtimedwait) \
                            X(sigwait) X(getaddrinfo) X(getnameinfo) X(gethostbyname)              \
                                X(gethostbyname_r) X(getpwuid) X(getpwuid_r) X(getpwnam_r)         \
                                    X(getgrgid) X(getgrgid_r)
// clang-format on

// libc on plain threads.
struct on_threads {
#define WEFT_POSIX_BARE(name) static constexpr auto name = &::name;
    WEFT_POSIX_CALLS(WEFT_POSIX_BARE)
#undef WEFT_POSIX_BARE

    template <class F>
    static void run(F body) {
        body();
    }
    static void together(std::vector<std::function<void()>> actors) {
        std::vector<std::thread> threads;
        for (auto& a : actors) {
            threads.emplace_back(std::move(a));
        }
        for (auto& t : threads) {
            t.join();
        }
    }
};

// weft::posix on tasks of one loop.
struct on_tasks {
#define WEFT_POSIX_PORTED(name) static constexpr auto name = &weft::posix::name;
    WEFT_POSIX_CALLS(WEFT_POSIX_PORTED)
#undef WEFT_POSIX_PORTED

    template <class F>
    static void run(F body) {
        weft::run([&] { body(); });
    }
    static void together(std::vector<std::function<void()>> actors) {
        with_task_group([&](task_group& group) {
            for (auto& a : actors) {
                group.spawn(std::move(a));
            }
        });
    }
};

using both_sides = testing::Types<on_threads, on_tasks>;

struct side_names {
    template <class Side>
    static std::string GetName(int) {
        return std::is_same_v<Side, on_tasks> ? "on_tasks" : "on_threads";
    }
};

template <class Side>
class posix_sides : public api_test {};

// Two descriptors that are closed at the end of the scope.
struct two_ends {
    int near = -1;
    int far = -1;

    two_ends() = default;
    two_ends(const two_ends&) = delete;
    two_ends& operator=(const two_ends&) = delete;
    ~two_ends() {
        close_near();
        close_far();
    }
    void close_near() { close_one(near); }
    void close_far() { close_one(far); }

  private:
    // In a run this goes through weft::posix, as a ported program's does.
    static void close_one(int& fd) {
        if (fd >= 0) {
            weft::posix::close(std::exchange(fd, -1));
        }
    }
};

struct socket_ends : two_ends {
    explicit socket_ends(int type = SOCK_STREAM) {
        int fds[2];
        EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
        near = fds[0];
        far = fds[1];
    }
};

// `near` reads, `far` writes.
struct pipe_ends : two_ends {
    pipe_ends() {
        int fds[2];
        EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
        near = fds[0];
        far = fds[1];
    }
};

// A new terminal in its usual mode, without echo: `near` is the screen and keyboard's side.
struct terminal_ends : two_ends {
    terminal_ends() {
        EXPECT_EQ(::openpty(&near, &far, nullptr, nullptr, nullptr), 0);
        termios mode{};
        EXPECT_EQ(::tcgetattr(far, &mode), 0);
        mode.c_lflag &= static_cast<tcflag_t>(~ECHO);
        mode.c_oflag &= static_cast<tcflag_t>(~OPOST);
        EXPECT_EQ(::tcsetattr(far, TCSANOW, &mode), 0);
    }
};

// A name that nothing has; what is there in the end is removed.
class temporary_file_name {
  public:
    temporary_file_name() {
        std::string pattern = testing::TempDir() + "weft-posix-XXXXXX";
        const int fd = ::mkstemp(pattern.data());
        EXPECT_GE(fd, 0);
        ::close(fd);
        ::unlink(pattern.c_str());
        name_ = pattern;
    }
    ~temporary_file_name() { std::remove(name_.c_str()); }
    temporary_file_name(const temporary_file_name&) = delete;
    temporary_file_name& operator=(const temporary_file_name&) = delete;
    const std::string& name() const { return name_; }
    const char* c_str() const { return name_.c_str(); }

  private:
    std::string name_;
};

// A listener on a free port of the loopback interface.
struct tcp_listener {
    explicit tcp_listener(int backlog = 16) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(fd, generic(), sizeof(address)), 0);
        EXPECT_EQ(::listen(fd, backlog), 0);
        socklen_t size = sizeof(address);
        EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    }
    tcp_listener(const tcp_listener&) = delete;
    tcp_listener& operator=(const tcp_listener&) = delete;
    ~tcp_listener() { weft::posix::close(fd); }
    const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&address); }

    int fd;
    sockaddr_in address{};
};

inline void set_limit(int fd, int option, long microseconds) {
    const timeval limit{microseconds / 1'000'000, microseconds % 1'000'000};
    EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, option, &limit, sizeof(limit)), 0);
}

// What a call returned, and errno if that was -1, as one text.
template <class R>
std::string told(R result) {
    return result == -1 ? "-1 " + std::to_string(errno) : std::to_string(result);
}

inline std::string failed(int error_number) {
    return "-1 " + std::to_string(error_number);
}

// Fills a pipe or socket, so that the next write to it would block. Returns how much went in.
inline std::size_t fill_up(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    static const std::array<char, 4096> much{};
    std::size_t sum = 0;
    for (ssize_t n = 0; (n = ::write(fd, much.data(), much.size())) > 0;) {
        sum += static_cast<std::size_t>(n);
    }
    ::fcntl(fd, F_SETFL, flags);
    return sum;
}

} // namespace weft::test
