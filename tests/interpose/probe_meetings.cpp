// SPDX-License-Identifier: BSL-1.0
//
// Where several of the things meet that programs do at once: signals and locks, threads that fork
// and send signals while main waits, handlers that end the program, stacks of the program's own.
#include "tests/interpose/probe.hpp"
#include "tests/interpose/probe_handlers.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

PROBE(locks_and_messages_are_interrupted) {
    set(SIGALRM, &count);
    char path[] = "/tmp/weft-probe-XXXXXX";
    const int file = mkstemp(path);
    const int again = open(path, O_RDWR);
    unlink(path);
    report("flock", flock(file, LOCK_EX));
    alarm_after(20);
    report("flock again", flock(again, LOCK_EX));
    int ready[2];
    [[maybe_unused]] const int ok = pipe(ready);
    const pid_t holder = fork();
    if (holder == 0) {
        struct flock all {};
        all.l_type = F_WRLCK;
        fcntl(file, F_SETLK, &all);
        [[maybe_unused]] const auto n = write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    char c;
    report("read", read(ready[0], &c, 1));
    struct flock all {};
    all.l_type = F_WRLCK;
    alarm_after(20);
    report("F_SETLKW", fcntl(file, F_SETLKW, &all));
    kill(holder, SIGKILL);
    waitpid(holder, nullptr, 0);
    report("F_SETLKW", fcntl(file, F_SETLKW, &all));
    const int queue = msgget(IPC_PRIVATE, 0600);
    struct {
        long type;
        char text[8];
    } message{};
    alarm_after(20);
    report("msgrcv", msgrcv(queue, &message, sizeof(message.text), 0, 0));
    msgctl(queue, IPC_RMID, nullptr);
    return 0;
}

PROBE(a_fifo_and_a_full_backlog_are_interrupted) {
    set(SIGALRM, &count);
    char folder[] = "/tmp/weft-probe-XXXXXX";
    [[maybe_unused]] const char* made = mkdtemp(folder);
    char path[64];
    std::snprintf(path, sizeof(path), "%s/fifo", folder);
    mkfifo(path, 0600);
    alarm_after(20);
    report("open", open(path, O_RDONLY));
    unlink(path);
    std::snprintf(path, sizeof(path), "%s/socket", folder);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(listener, 0);
    report("connect", connect(socket(AF_UNIX, SOCK_STREAM, 0),
                              reinterpret_cast<sockaddr*>(&address), sizeof(address)));
    alarm_after(20);
    report("connect", connect(socket(AF_UNIX, SOCK_STREAM, 0),
                              reinterpret_cast<sockaddr*>(&address), sizeof(address)));
    report("accept", accept(listener, nullptr, nullptr));
    alarm_after(20);
    report("accept", accept(listener, nullptr, nullptr));
    unlink(path);
    rmdir(folder);
    return 0;
}

PROBE(a_long_write_ends_with_what_was_written) {
    set(SIGALRM, &count);
    int sockets[2];
    [[maybe_unused]] const int ok = socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
    static char data[4 << 20];
    alarm_after(50);
    const ssize_t n = write(sockets[0], data, sizeof(data));
    std::printf("%d %d\n", n > 0, n < static_cast<ssize_t>(sizeof(data)));
    alarm_after(20);
    report("write", write(sockets[0], data, sizeof(data)));
    return 0;
}

PROBE(a_thread_signals_main_and_forks_while_it_waits) {
    set(SIGUSR1, &count);
    const pthread_t main = pthread_self();
    std::thread other([main] {
        usleep(20'000);
        pthread_kill(main, SIGUSR1);
        usleep(20'000);
        const pid_t child = fork();
        if (child == 0) {
            usleep(1000);
            pollfd none{-1, 0, 0};
            _exit(poll(&none, 1, 1) == 0 ? 6 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        std::printf("child of the thread: %d\n", WEXITSTATUS(status));
    });
    report("poll", poll(nullptr, 0, 10'000));
    other.join();
    return 0;
}

PROBE(a_thread_ends_the_program_while_main_waits) {
    std::thread([] {
        usleep(20'000);
        std::exit(21);
    }).detach();
    pause();
    poll(nullptr, 0, -1);
    return 0;
}

PROBE(a_thread_ends_the_program_while_main_polls) {
    std::thread([] {
        usleep(20'000);
        std::exit(22);
    }).detach();
    poll(nullptr, 0, -1);
    return 0;
}

PROBE(a_handler_ends_the_program) {
    std::atexit([] {
        usleep(1000);
        std::puts("at exit");
    });
    set(SIGALRM, [](int) { std::exit(23); });
    alarm_after(20);
    poll(nullptr, 0, -1);
    return 0;
}

PROBE(a_handler_reaps_children_while_main_waits_for_them) {
    set(
        SIGCHLD,
        [](int) {
            int status = 0;
            while (waitpid(-1, &status, WNOHANG) > 0) {
                handled = handled + 1;
            }
        },
        SA_RESTART);
    for (int i = 0; i < 5; ++i) {
        if (fork() == 0) {
            usleep(1000);
            _exit(i);
        }
    }
    while (handled < 5) {
        usleep(10'000);
    }
    std::printf("reaped: %d, then %d %s\n", handled, wait(nullptr), std::strerror(errno));
    return 0;
}

PROBE(a_daemon_lives_on) {
    int fds[2];
    [[maybe_unused]] const int ok = pipe(fds);
    const pid_t child = fork();
    if (child == 0) {
        close(fds[0]);
        [[maybe_unused]] const int gone = daemon(0, 0);
        usleep(1000);
        [[maybe_unused]] const auto n = write(fds[1], "daemon", 6);
        return 0;
    }
    close(fds[1]);
    waitpid(child, nullptr, 0);
    char text[16]{};
    [[maybe_unused]] const auto n = read(fds[0], text, sizeof(text) - 1);
    std::puts(text);
    return 0;
}

namespace {
ucontext_t of_main;
ucontext_t of_other;
} // namespace

PROBE(stacks_of_the_programs_own) {
    static char stack[256 * 1024];
    getcontext(&of_other);
    of_other.uc_stack.ss_sp = stack;
    of_other.uc_stack.ss_size = sizeof(stack);
    of_other.uc_link = &of_main;
    makecontext(
        &of_other,
        [] {
            for (int i = 0; i < 3; ++i) {
                poll(nullptr, 0, 2);
                std::printf("there %d\n", i);
                swapcontext(&of_other, &of_main);
            }
        },
        0);
    for (int i = 0; i < 4; ++i) {
        swapcontext(&of_main, &of_other);
        usleep(1000);
        std::printf("here %d\n", i);
    }
    return 0;
}

PROBE(signals_at_a_high_rate_disturb_nothing) {
    set(SIGALRM, &count, SA_RESTART);
    itimerval time{{0, 500}, {0, 500}};
    setitimer(ITIMER_REAL, &time, nullptr);
    int sockets[2];
    [[maybe_unused]] const int ok = socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
    std::thread echo([fd = sockets[1]] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        char text[64];
        ssize_t n;
        while ((n = read(fd, text, sizeof(text))) > 0) {
            usleep(100);
            [[maybe_unused]] const auto written = write(fd, text, static_cast<std::size_t>(n));
        }
    });
    int right = 0;
    for (int i = 0; i < 300; ++i) {
        char c = static_cast<char>('a' + i % 26);
        char back = 0;
        right += write(sockets[0], &c, 1) == 1 && read(sockets[0], &back, 1) == 1 && back == c;
    }
    time = {};
    setitimer(ITIMER_REAL, &time, nullptr);
    shutdown(sockets[0], SHUT_WR);
    echo.join();
    std::printf("%d right, signals came: %d\n", right, handled > 0);
    return 0;
}
