// SPDX-License-Identifier: BSL-1.0
//
// What handlers do to the call that main's thread waits in. A timer sends the signals, so that they
// come while it waits.
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

PROBE(a_handler_without_sa_restart_ends_calls) {
    set(SIGALRM, &count, 0);
    int fds[2];
    int sockets[2];
    [[maybe_unused]] int ok = pipe(fds) + socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
    char c;
    alarm_after(20);
    report("read", read(fds[0], &c, 1));
    alarm_after(20);
    report("recv", recv(sockets[0], &c, 1, 0));
    alarm_after(20);
    pollfd p{fds[0], POLLIN, 0};
    report("poll", poll(&p, 1, 10'000));
    alarm_after(20);
    report("endless poll", poll(nullptr, 0, -1));
    alarm_after(20);
    timeval t{10, 0};
    report("select", select(0, nullptr, nullptr, nullptr, &t));
    std::printf("left of select: %ld s\n", t.tv_sec);
    alarm_after(20);
    timespec n{10, 0};
    timespec left{};
    report("nanosleep", nanosleep(&n, &left));
    std::printf("left of nanosleep: %ld s\n", left.tv_sec);
    alarm_after(20);
    std::printf("left of sleep: %u\n", sleep(10));
    alarm_after(20);
    const int epoll = epoll_create1(0);
    epoll_event event{};
    report("epoll_wait", epoll_wait(epoll, &event, 1, -1));
    alarm_after(20);
    report("pause", pause());
    return 0;
}

PROBE(a_handler_with_sa_restart_ends_only_some_calls) {
    set(SIGALRM, &feed, SA_RESTART);
    [[maybe_unused]] const int ok = pipe(handler_pipe);
    char c = '-';
    alarm_after(20);
    report("read", read(handler_pipe[0], &c, 1));
    std::printf("%c\n", c);
    set(SIGALRM, &count, SA_RESTART);
    alarm_after(20);
    pollfd p{handler_pipe[0], POLLIN, 0};
    report("poll", poll(&p, 1, 10'000));
    alarm_after(20);
    timespec n{10, 0};
    report("nanosleep", nanosleep(&n, nullptr));
    return 0;
}

PROBE(a_socket_with_a_time_limit_is_not_restarted) {
    int sockets[2];
    [[maybe_unused]] const int ok = socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
    timeval limit{5, 0};
    setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    set(SIGALRM, &count, SA_RESTART);
    char c;
    alarm_after(20);
    report("recv", recv(sockets[0], &c, 1, 0));
    limit = {0, 20'000};
    setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    report("recv", recv(sockets[0], &c, 1, 0));
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr address{AF_UNIX, ""};
    report("bind", bind(listener, &address, sizeof(address.sa_family)) + listen(listener, 1));
    limit = {5, 0};
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    alarm_after(20);
    report("accept", accept(listener, nullptr, nullptr));
    return 0;
}

PROBE(waiting_for_a_child_is_restarted_or_ended) {
    set(SIGALRM, &count, SA_RESTART);
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        usleep(60'000);
        _exit(7);
    }
    alarm_after(20);
    report("waitpid", waitpid(child, &status, 0));
    std::printf("status %d\n", WEXITSTATUS(status));
    set(SIGCHLD, &count, 0);
    if (fork() == 0) {
        _exit(3);
    }
    while (handled < 2) {
        pause();
    }
    report("wait", wait(&status));
    std::printf("status %d\n", WEXITSTATUS(status));
    return 0;
}

namespace {
sigjmp_buf out_of_call;
void jump(int) {
    siglongjmp(out_of_call, 1);
}
} // namespace

PROBE(a_handler_jumps_out_of_a_call) {
    set(SIGALRM, &jump, 0);
    int fds[2];
    [[maybe_unused]] const int ok = pipe(fds);
    volatile int jumps = 0;
    for (int i = 0; i < 3; ++i) {
        if (sigsetjmp(out_of_call, 1) == 0) {
            char c;
            alarm_after(10);
            [[maybe_unused]] const auto n = read(fds[0], &c, 1);
            std::puts("read returned");
        } else {
            jumps = jumps + 1;
        }
    }
    std::printf("%d jumps\n", jumps);
    set(SIGALRM, &count, 0);
    alarm_after(10);
    report("poll", poll(nullptr, 0, 10'000));
    return 0;
}

PROBE(the_mask_of_ppoll_and_pselect_holds_while_they_wait) {
    set(SIGALRM, &count, 0);
    sigset_t alarm;
    sigset_t none;
    sigset_t now;
    sigemptyset(&none);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, nullptr);
    alarm_after(5);
    usleep(20'000);
    std::printf("blocked: handlers %d\n", handled);
    report("ppoll", ppoll(nullptr, 0, nullptr, &none));
    sigprocmask(SIG_BLOCK, nullptr, &now);
    std::printf("blocked again: %d\n", sigismember(&now, SIGALRM));
    alarm_after(20);
    report("pselect", pselect(0, nullptr, nullptr, nullptr, nullptr, &none));
    alarm_after(20);
    report("sigsuspend", sigsuspend(&none));
    sigprocmask(SIG_BLOCK, nullptr, &now);
    std::printf("blocked again: %d\n", sigismember(&now, SIGALRM));
    alarm_after(5);
    int n = 0;
    sigwait(&alarm, &n);
    std::printf("sigwait: %d, handlers %d\n", n, handled);
    return 0;
}

namespace {
void tell(int n, siginfo_t* info, void*) {
    std::printf("signal %d code %d value %d\n", n, info->si_code, info->si_value.sival_int);
}
} // namespace

PROBE(a_handler_is_told_who_sent_the_signal) {
    struct sigaction action {};
    action.sa_sigaction = &tell;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGRTMIN + 2, &action, nullptr);
    sigaction(SIGALRM, &action, nullptr);
    alarm_after(10);
    poll(nullptr, 0, 10'000);
    std::thread sender([parent = getpid()] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        usleep(20'000);
        sigval value{};
        for (value.sival_int = 1; value.sival_int <= 3; ++value.sival_int) {
            sigqueue(parent, SIGRTMIN + 2, value);
        }
    });
    pollfd none{-1, 0, 0};
    poll(&none, 1, 200);
    sender.join();
    return 0;
}

PROBE(a_handler_for_once_is_called_once) {
    struct sigaction action {};
    action.sa_handler = &count;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGALRM, &action, nullptr);
    alarm_after(10);
    report("poll", poll(nullptr, 0, 10'000));
    alarm_after(10);
    poll(nullptr, 0, 10'000);
    std::puts("not reached: the second one kills");
    return 0;
}

PROBE(signals_come_again_and_again_into_a_wait) {
    set(SIGALRM, &feed, SA_RESTART);
    [[maybe_unused]] const int ok = pipe(handler_pipe);
    itimerval time{{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &time, nullptr);
    char c;
    int got = 0;
    while (got < 50) {
        got += static_cast<int>(read(handler_pipe[0], &c, 1));
    }
    time = {};
    setitimer(ITIMER_REAL, &time, nullptr);
    std::printf("%d\n", got);
    return 0;
}

PROBE(a_handler_runs_on_the_stack_that_it_was_given) {
    static char memory[65536];
    static bool within = false;
    stack_t stack{};
    stack.ss_sp = memory;
    stack.ss_size = sizeof(memory);
    stack_t before{};
    sigaltstack(&stack, &before);
    std::printf("no stack before: %d\n", (before.ss_flags & SS_DISABLE) != 0);
    set(
        SIGALRM,
        [](int) {
            char here;
            within = &here >= memory && &here < memory + sizeof(memory);
        },
        SA_ONSTACK);
    alarm_after(10);
    report("poll", poll(nullptr, 0, 10'000));
    std::printf("within: %d\n", within);
    return 0;
}

PROBE(a_handler_may_block_and_be_interrupted) {
    set(
        SIGALRM,
        [](int) {
            handled = handled + 1;
            if (handled == 1) {
                alarm_after(20);
                poll(nullptr, 0, 10'000);
                std::printf("in the handler: %s\n", std::strerror(errno));
            }
        },
        SA_NODEFER);
    alarm_after(10);
    report("poll", poll(nullptr, 0, 10'000));
    return 0;
}
