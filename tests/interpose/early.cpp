// SPDX-License-Identifier: BSL-1.0
//
// A library whose constructor makes the calls that libweft-interpose.so stands in front of.
// Preloaded behind it, this runs before the interposer's own constructors may have; its destructor
// runs last.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

void check(bool right, const char* what) {
    if (!right) {
        std::fprintf(stderr, "early: %s: %s\n", what, std::strerror(errno));
        std::_Exit(1);
    }
}

void make_calls() {
    int fds[2];
    char c = 0;
    check(::pipe(fds) == 0, "pipe");
    check(::write(fds[1], "x", 1) == 1, "write");
    pollfd p{fds[0], POLLIN, 0};
    check(::poll(&p, 1, -1) == 1, "poll");
    check(::read(fds[0], &c, 1) == 1 && c == 'x', "read");
    check(::fcntl(fds[0], F_GETFL) == O_RDONLY, "fcntl");
    check(::dup2(fds[0], fds[1]) == fds[1], "dup2");
    check(::close(fds[0]) == 0 && ::close(fds[1]) == 0, "close");
    check(::usleep(100) == 0, "usleep");
    check(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
    check(::send(fds[0], "yz", 2, 0) == 2, "send");
    check(::recv(fds[1], &c, 1, MSG_WAITALL) == 1 && c == 'y', "recv");
    check(::close(fds[0]) == 0 && ::close(fds[1]) == 0, "close");
    struct sigaction action {};
    action.sa_handler = [](int) {};
    check(::sigaction(SIGUSR1, &action, nullptr) == 0 && ::raise(SIGUSR1) == 0, "sigaction");
    check(::signal(SIGUSR1, SIG_DFL) == action.sa_handler, "signal");
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(3);
    }
    int status = 0;
    check(::waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3, "waitpid");
    std::thread([] { ::usleep(100); }).join();
    const int file = ::open("/proc/self/stat", O_RDONLY);
    check(file >= 0 && ::read(file, &c, 1) == 1 && ::close(file) == 0, "a file");
}

[[gnu::constructor]] void begin() {
    make_calls();
}

[[gnu::destructor]] void end() {
    make_calls();
    constexpr char line[] = "early and late\n";
    check(::write(2, line, sizeof(line) - 1) > 0, "write");
}

} // namespace
