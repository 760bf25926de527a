// SPDX-License-Identifier: BSL-1.0
//
// What a program sees of its process: descriptors, environment, stack, children, threads, its end.
#include "tests/interpose/probe.hpp"

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {

std::vector<part>& parts() {
    static std::vector<part> all;
    return all;
}

} // namespace weft::test

PROBE(arguments_and_environment) {
    for (int i = 0; i <= given.count; ++i) {
        std::printf("%s\n", given.values[i] != nullptr ? given.values[i] : "(end)");
    }
    for (char** e = given.environment; *e != nullptr; ++e) {
        std::puts(*e);
    }
    std::printf("%s, errno %d\n", environ == given.environment ? "the same" : "another", errno);
    std::fflush(stdout);
    return std::system("env; echo $LD_PRELOAD");
}

PROBE(the_first_descriptor_is_free) {
    for (int i = 0; i < 5; ++i) {
        std::printf("%d ", open("/dev/null", O_RDONLY));
    }
    int fds[2];
    [[maybe_unused]] const int ok = pipe(fds);
    std::printf("%d %d\n", fds[0], fds[1]);
    return 0;
}

PROBE(all_descriptors_may_be_closed) {
    closefrom(3);
    for (int i = 3; i < 5000; ++i) {
        close(i);
    }
    std::printf("%d\n", close_range(3, ~0U, 0));
    usleep(1000);
    int fds[2];
    const int made = pipe(fds);
    std::printf("%d %d %d ", made, fds[0], static_cast<int>(write(fds[1], "x", 1)));
    pollfd p{fds[0], POLLIN, 0};
    std::printf("%d\n", poll(&p, 1, -1));
    for (const int fd : {100, 255, 1000, 1023}) {
        std::printf("%d ", dup2(fds[0], fd));
    }
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    std::printf("%d", dup2(fds[0], static_cast<int>(limit.rlim_cur)));
    std::printf(" %s\n", std::strerror(errno));
    char c = '-';
    const ssize_t got = read(1023, &c, 1);
    std::printf("%zd %c\n", got, c);
    return 0;
}

PROBE(the_flags_of_descriptors_are_as_they_were) {
    int sockets[2];
    int fds[2];
    [[maybe_unused]] const int ok = socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) + pipe(fds);
    char c;
    pollfd p{sockets[0], POLLIN, 0};
    poll(&p, 1, 5);
    std::thread writer([&] {
        usleep(10'000);
        [[maybe_unused]] auto n = write(sockets[1], "x", 1);
        n = write(fds[1], "x", 1);
    });
    std::printf("%zd ", read(sockets[0], &c, 1));
    std::printf("%zd\n", read(fds[0], &c, 1));
    writer.join();
    for (const int fd : {0, 1, 2, sockets[0], sockets[1], fds[0], fds[1]}) {
        std::printf("%d ", fcntl(fd, F_GETFL) & O_NONBLOCK);
    }
    std::puts("");
    return 0;
}

PROBE(the_stack_is_the_one_of_the_process) {
    std::ifstream maps("/proc/self/maps");
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t low = 0;
        std::uintptr_t high = 0;
        std::sscanf(line.c_str(), "%lx-%lx", &low, &high);
        if (here >= low && here < high) {
            std::puts(line.substr(line.find('[')).c_str());
        }
    }
    pthread_attr_t attributes;
    void* low = nullptr;
    std::size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    std::printf("%d\n", here >= reinterpret_cast<std::uintptr_t>(low) &&
                            here < reinterpret_cast<std::uintptr_t>(low) + size);
    volatile char large[6 * 1024 * 1024];
    for (std::size_t i = 0; i < sizeof(large); i += 4096) {
        large[i] = 1;
    }
    std::printf("%d\n", large[4096]);
    return 0;
}

PROBE(a_child_of_fork_returns_from_main) {
    const pid_t child = fork();
    if (child == 0) {
        usleep(1000);
        int fds[2];
        [[maybe_unused]] const int ok = pipe(fds);
        pollfd p{fds[0], POLLIN, 0};
        std::printf("child: %d\n", poll(&p, 1, 5));
        return 9;
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::printf("%d\n", WEXITSTATUS(status));
    return 0;
}

PROBE(a_child_of_vfork_changes_its_own_descriptors) {
    int fds[2];
    [[maybe_unused]] const int ok = pipe(fds);
    volatile int in_child = 0;
    const pid_t child = vfork();
    if (child == 0) {
        in_child = 1;
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        execlp("sh", "sh", "-c", "echo from the child; exit 4", nullptr);
        _exit(1);
    }
    close(fds[1]);
    char text[64]{};
    ssize_t n = 0;
    for (ssize_t got = 0;
         (got = read(fds[0], text + n, sizeof(text) - static_cast<size_t>(n))) > 0;) {
        n += got;
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::printf("%d %s%d\n", in_child, text, WEXITSTATUS(status));
    const pid_t second = vfork();
    if (second == 0) {
        pollfd p{fds[0], 0, 0};
        poll(&p, 1, 20); // it blocks, and its parent stands still
        _exit(5);
    }
    waitpid(second, &status, 0);
    std::printf("%d\n", WEXITSTATUS(status));
    return 0;
}

PROBE(children_are_spawned) {
    pid_t child = 0;
    char sh[] = "sh";
    char option[] = "-c";
    char command[] = "echo spawned; exit 6";
    char* arguments[] = {sh, option, command, nullptr};
    posix_spawnp(&child, "sh", nullptr, nullptr, arguments, environ);
    int status = 0;
    waitpid(child, &status, 0);
    std::printf("%d\n", WEXITSTATUS(status));
    std::FILE* pipe = popen("cat; echo piped", "r");
    char text[64];
    while (std::fgets(text, sizeof(text), pipe) != nullptr) {
        std::printf("%s", text);
    }
    std::printf("%d\n", pclose(pipe));
    return 0;
}

PROBE(threads_wait_for_each_other_and_for_main) {
    std::mutex mutex;
    std::condition_variable changed;
    int turn = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return turn == i; });
            usleep(1000);
            std::printf("thread %d\n", i);
            ++turn;
            changed.notify_all();
        });
    }
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return turn == 4; });
    }
    for (std::thread& t : threads) {
        t.join();
    }
    std::puts("joined");
    return 0;
}

namespace {
struct says_so {
    const char* text;
    ~says_so() {
        usleep(1000);
        std::puts(text);
    }
};
const says_so at_the_very_end{"destroyed after main"};
} // namespace

PROBE(exit_runs_what_was_registered) {
    std::atexit([] {
        usleep(1000);
        std::puts("at exit");
    });
    const says_so local{"not destroyed by exit"};
    std::exit(42);
}

PROBE(main_ends_by_pthread_exit_and_a_thread_goes_on) {
    std::thread([] {
        usleep(50'000);
        std::puts("the thread is the last");
        std::fflush(stdout);
    }).detach();
    const says_so local{"destroyed by pthread_exit"};
    usleep(1000);
    pthread_exit(nullptr);
}

PROBE(main_is_cancelled_while_it_waits) {
    std::thread([main = pthread_self()] {
        usleep(20'000);
        pthread_cancel(main);
        void* result = nullptr;
        pthread_join(main, &result);
        std::printf("cancelled: %d\n", result == PTHREAD_CANCELED);
        std::fflush(stdout);
    }).detach();
    const says_so local{"destroyed by pthread_cancel"};
    int before = 0;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    usleep(50'000);
    std::puts("not yet");
    pthread_setcancelstate(before, nullptr);
    poll(nullptr, 0, -1);
    std::puts("not reached");
    return 0;
}

PROBE(main_is_cancelled_in_its_wait) {
    std::thread([main = pthread_self()] {
        usleep(20'000);
        pthread_cancel(main);
        pthread_join(main, nullptr);
        std::puts("joined");
        std::fflush(stdout);
    }).detach();
    const says_so local{"destroyed by pthread_cancel"};
    poll(nullptr, 0, -1);
    std::puts("not reached");
    return 0;
}

PROBE(an_exception_leaves_main) {
    usleep(1000);
    throw std::runtime_error("nobody catches this");
}

PROBE(exceptions_are_caught_around_calls) {
    try {
        usleep(1000);
        throw std::runtime_error("caught");
    } catch (const std::exception& e) {
        usleep(1000);
        std::puts(e.what());
    }
    return 3;
}

PROBE(the_program_replaces_itself) {
    usleep(1000);
    execlp("sh", "sh", "-c", "echo $0; ls /proc/self/fd | wc -l; exit 8", nullptr);
    return 1;
}

PROBE(a_main_that_waits_for_ever_can_be_killed) {
    if (fork() == 0) {
        usleep(50'000);
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    poll(nullptr, 0, -1);
    return 0;
}

PROBE(standard_input_is_read_to_its_end) {
    char text[100];
    long sum = 0;
    ssize_t n = 0;
    while ((n = read(0, text, sizeof(text))) > 0) {
        sum += n;
    }
    std::printf("%ld %zd %s\n", sum, n, n < 0 ? std::strerror(errno) : "");
    pollfd p{0, POLLIN, 0};
    std::printf("%d %d\n", poll(&p, 1, 0), p.revents);
    std::printf("%d\n", fcntl(0, F_GETFL) & O_NONBLOCK);
    return 0;
}
