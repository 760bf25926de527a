// SPDX-License-Identifier: BSL-1.0
//
// Signals that end, stop and continue a program, and what it is told of its own handlers.
#include "tests/interpose/probe.hpp"
#include "tests/interpose/probe_handlers.hpp"

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {
sigjmp_buf out_of_call;
} // namespace

PROBE(what_was_asked_for_is_what_is_told) {
    struct sigaction action {};
    struct sigaction told {};
    action.sa_handler = &count;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, nullptr);
    sigaction(SIGUSR1, nullptr, &told);
    constexpr auto ours = static_cast<int>(SA_RESETHAND | SA_NODEFER | SA_SIGINFO | SA_RESTART);
    std::printf("%d %x %d\n", told.sa_handler == &count,
                static_cast<unsigned>(told.sa_flags & ours), sigismember(&told.sa_mask, SIGUSR2));
    raise(SIGUSR1);
    sigaction(SIGUSR1, nullptr, &told);
    std::printf("handlers %d, default again: %d\n", handled, told.sa_handler == SIG_DFL);
    std::printf("before: %d", signal(SIGUSR1, &count) == SIG_DFL);
    std::printf(" %d", signal(SIGUSR1, &feed) == &count);
    std::printf(" %d", signal(SIGUSR1, SIG_IGN) == &feed);
    std::printf(" %d\n", signal(SIGUSR1, SIG_DFL) == SIG_IGN);
    for (int n = 1; n < 65; ++n) {
        const int result = sigaction(n, nullptr, &told);
        std::printf("%d: %s%s", n, result == 0 ? "" : std::strerror(errno),
                    result == 0 && told.sa_handler != SIG_DFL ? "not the default" : "");
    }
    std::puts("");
    std::printf("%d\n", sigaction(SIGKILL, &action, nullptr));
    return 0;
}

PROBE(the_default_of_sigint_ends_the_program) {
    alarm_after(10);
    set(
        SIGALRM, [](int) { kill(getpid(), SIGINT); }, 0);
    poll(nullptr, 0, 10'000);
    poll(nullptr, 0, 10'000);
    std::puts("not reached");
    return 0;
}

PROBE(a_broken_pipe_ends_the_program) {
    int fds[2];
    [[maybe_unused]] const int ok = pipe(fds);
    close(fds[0]);
    [[maybe_unused]] const auto n = write(fds[1], "x", 1);
    std::puts("not reached");
    return 0;
}

PROBE(a_fault_ends_the_program) {
    *static_cast<volatile int*>(nullptr) = 1;
    return 0;
}

namespace {
// Never comes to its end, which the compiler is not to know.
int go_deep(volatile int* p) {
    volatile int here[1024];
    here[0] = p != nullptr ? *p + 1 : 0;
    return here[0] < 0 ? 0 : go_deep(here) + here[0];
}
} // namespace

PROBE(an_overflow_of_the_stack_ends_the_program) {
    const rlimit none{};
    setrlimit(RLIMIT_CORE, &none);
    return go_deep(nullptr);
}

PROBE(an_overflow_is_caught_on_another_stack) {
    static char memory[65536];
    stack_t stack{};
    stack.ss_sp = memory;
    stack.ss_size = sizeof(memory);
    sigaltstack(&stack, nullptr);
    set(
        SIGSEGV, [](int) { siglongjmp(out_of_call, 1); }, SA_ONSTACK);
    if (sigsetjmp(out_of_call, 1) == 0) {
        return go_deep(nullptr);
    }
    std::puts("caught");
    set(SIGALRM, &count, 0);
    alarm_after(10);
    report("poll", poll(nullptr, 0, 10'000));
    return 0;
}

PROBE(a_signal_stops_the_program_and_another_lets_it_go_on) {
    const pid_t self = getpid();
    const pid_t child = fork();
    if (child == 0) {
        usleep(100'000); // it is stopped by now
        kill(self, SIGCONT);
        _exit(0);
    }
    set(SIGCONT, &count, SA_RESTART);
    raise(SIGSTOP);
    std::printf("handlers %d\n", handled);
    int status = 0;
    report("waitpid", waitpid(child, &status, 0));
    return status;
}

PROBE(the_older_ways_to_set_a_handler) {
    signal(SIGALRM, &count);
    int fds[2];
    [[maybe_unused]] const int ok = pipe(fds);
    siginterrupt(SIGALRM, 1);
    char c;
    alarm_after(10);
    report("read", read(fds[0], &c, 1));
    signal(SIGALRM, &count);
    alarm_after(10);
    report("read after signal", read(fds[0], &c, 1));
    struct sigaction told {};
    sigaction(SIGALRM, nullptr, &told);
    std::printf("%d %d\n", told.sa_handler == &count, (told.sa_flags & SA_RESTART) != 0);
    siginterrupt(SIGALRM, 0);
    signal(SIGALRM, &count);
    sigaction(SIGALRM, nullptr, &told);
    std::printf("%d\n", (told.sa_flags & SA_RESTART) != 0);
    std::printf("%d", sigset(SIGUSR1, &count) == SIG_DFL);
    std::printf("%d", sigset(SIGUSR1, SIG_HOLD) == &count);
    raise(SIGUSR1);
    const int held = handled;
    std::printf("%d", sigset(SIGUSR1, &count) == SIG_HOLD);
    std::printf("%d\n", handled - held);
    sigignore(SIGUSR1);
    sigaction(SIGUSR1, nullptr, &told);
    std::printf("%d\n", told.sa_handler == SIG_IGN);
    return 0;
}
