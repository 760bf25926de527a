// SPDX-License-Identifier: BSL-1.0
//
// A loop whose tasks do whatever blocks, at the same time and for a while each, by libc's own
// names. detector_test.py watches the thread from outside: it must wait nowhere but in epoll_wait.
// With an argument, one task waits as no library can see, to show that the watch would notice.
#include <weft/weft.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <semaphore.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr unsigned a_while = 60'000; // us; longer than what the watch calls blocked

struct pair {
    pair() {
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
            std::perror("socketpair");
            std::abort();
        }
    }
    ~pair() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    int ends[2];
};

// What must have been done by each; a call that failed would hide that it does not block.
void require(bool done, const char* what) {
    if (!done) {
        std::perror(what);
        std::_Exit(1);
    }
}

// A byte comes after a while; `wait` waits for it.
template <class F>
void until_a_byte_comes(F wait) {
    const pair p;
    const auto writer = weft::spawn([&] {
        ::usleep(a_while);
        require(::write(p.ends[1], "x", 1) == 1, "write");
    });
    wait(p.ends[0]);
}

void receiving() {
    char byte = 0;
    until_a_byte_comes([&](int fd) { require(::read(fd, &byte, 1) == 1, "read"); });
    until_a_byte_comes([&](int fd) { require(::recv(fd, &byte, 1, MSG_WAITALL) == 1, "recv"); });
    until_a_byte_comes([&](int fd) {
        iovec part = {&byte, 1};
        msghdr m{};
        m.msg_iov = &part;
        m.msg_iovlen = 1;
        require(::recvmsg(fd, &m, 0) == 1, "recvmsg");
    });
}

void sending() {
    const pair p;
    const std::string much(2'000'000, 'm');
    auto reader = weft::spawn([&] {
        ::usleep(a_while);
        std::string piece(100'000, '\0');
        for (std::size_t all = 0; all < much.size();) {
            all += std::size_t(::read(p.ends[0], piece.data(), piece.size()));
        }
    });
    require(::send(p.ends[1], much.data(), much.size(), 0) == ssize_t(much.size()), "send");
    reader.get(); // what the send left in the socket is read
}

void waiting() {
    until_a_byte_comes([](int fd) {
        pollfd one = {fd, POLLIN, 0};
        require(::poll(&one, 1, -1) == 1, "poll");
        require(::poll(&one, 1, 0) == 1, "poll");
    });
    until_a_byte_comes([](int fd) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        require(::select(fd + 1, &set, nullptr, nullptr, nullptr) == 1, "select");
    });
    until_a_byte_comes([](int fd) {
        const int set = ::epoll_create1(EPOLL_CLOEXEC);
        epoll_event event{EPOLLIN, {}};
        ::epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
        require(::epoll_wait(set, &event, 1, -1) == 1, "epoll_wait");
        ::close(set);
    });
    require(::poll(nullptr, 0, int(a_while) / 1'000) == 0, "poll");
}

void pipes_and_counters() {
    int ends[2];
    require(::pipe2(ends, O_CLOEXEC) == 0, "pipe2");
    const int counter = ::eventfd(0, EFD_CLOEXEC);
    const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    const itimerspec once = {{0, 0}, {0, a_while * 1'000L}};
    ::timerfd_settime(timer, 0, &once, nullptr);
    const auto writer = weft::spawn([&] {
        ::usleep(a_while);
        const std::uint64_t one = 1;
        require(::write(ends[1], "p", 1) == 1 && ::write(counter, &one, 8) == 8, "write");
    });
    std::uint64_t value = 0;
    require(::read(timer, &value, 8) == 8, "read a timerfd");
    require(::read(ends[0], &value, 1) == 1, "read a pipe");
    require(::read(counter, &value, 8) == 8, "read an eventfd");
    for (const int fd : {ends[0], ends[1], counter, timer}) {
        ::close(fd);
    }
}

void connections() {
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    require(::bind(listening, reinterpret_cast<const sockaddr*>(&address), size) == 0, "bind");
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(listening, 5);
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto connecting = weft::spawn([&] {
        ::usleep(a_while);
        require(::connect(client, reinterpret_cast<const sockaddr*>(&address), size) == 0,
                "connect");
    });
    const int accepted = ::accept(listening, nullptr, nullptr);
    require(accepted >= 0, "accept");
    for (const int fd : {listening, client, accepted}) {
        ::close(fd);
    }
}

void full_backlog() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socklen_t size = sizeof(address.sun_family);
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listening, reinterpret_cast<const sockaddr*>(&address), size);
    size = sizeof(address);
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(listening, 0);
    std::vector<int> all = {listening};
    const auto accepting = weft::spawn([&] {
        ::usleep(a_while);
        for (int i = 0; i < 3; ++i) {
            all.push_back(::accept(listening, nullptr, nullptr));
        }
    });
    for (int i = 0; i < 3; ++i) {
        all.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        require(::connect(all.back(), reinterpret_cast<const sockaddr*>(&address), size) == 0,
                "connect to a full backlog");
    }
    while (all.size() < 7) {
        ::usleep(1'000);
    }
    for (const int fd : all) {
        ::close(fd);
    }
}

void children() {
    const std::string nap = "sleep 0.06";
    char shell[] = "/bin/sh";
    char option[] = "-c";
    char* const words[] = {shell, option, const_cast<char*>(nap.c_str()), nullptr};
    pid_t id = -1;
    require(::posix_spawn(&id, shell, nullptr, nullptr, words, environ) == 0, "posix_spawn");
    require(::waitpid(id, nullptr, 0) == id, "waitpid");
    require(::system(nap.c_str()) == 0, "system");
    FILE* pipe = ::popen(nap.c_str(), "r");
    require(pipe != nullptr && ::pclose(pipe) == 0, "pclose");
}

void file_locks() {
    FILE* file = std::tmpfile();
    const std::string path = "/proc/self/fd/" + std::to_string(::fileno(file));
    const int other = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    require(::flock(::fileno(file), LOCK_EX) == 0, "flock");
    const auto unlocking = weft::spawn([&] {
        ::usleep(a_while);
        ::flock(::fileno(file), LOCK_UN);
    });
    require(::flock(other, LOCK_EX) == 0, "flock");
    require(::fsync(other) == 0, "fsync");
    ::close(other);
    std::fclose(file);
}

void names() {
    addrinfo* found = nullptr;
    require(::getaddrinfo("localhost", "80", nullptr, &found) == 0, "getaddrinfo");
    char host[100];
    require(::getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof(host), nullptr, 0, 0) ==
                0,
            "getnameinfo");
    ::freeaddrinfo(found);
}

void locks_and_threads() {
    std::mutex lock;
    std::condition_variable changed;
    bool ready = false;
    sem_t permits;
    ::sem_init(&permits, 0, 0);
    lock.lock();
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::microseconds(a_while));
        {
            const std::scoped_lock held(lock);
            ready = true;
        }
        changed.notify_one();
        std::this_thread::sleep_for(std::chrono::microseconds(a_while));
        ::sem_post(&permits);
    });
    const auto contending = weft::spawn([&] { const std::scoped_lock held(lock); });
    ::usleep(a_while / 2); // the lock is held across the switch
    lock.unlock();
    {
        std::unique_lock held(lock);
        changed.wait(held, [&] { return ready; });
    }
    require(::sem_wait(&permits) == 0, "sem_wait");
    other.join();
    ::sem_destroy(&permits);
}

// What no library between program and kernel can see.
void blocking_in_secret() {
    pollfd nothing = {-1, 0, 0};
    ::syscall(SYS_poll, &nothing, 1UL, 100);
}

} // namespace

int main(int argc, char**) {
    weft::run([&] {
        ::prctl(PR_SET_NAME, "load begins");
        {
            std::vector<weft::task<void>> all;
            for (int i = 0; i < 3; ++i) {
                for (auto* f :
                     {&receiving, &sending, &waiting, &pipes_and_counters, &connections,
                      &full_backlog, &children, &file_locks, &names, &locks_and_threads}) {
                    all.push_back(weft::spawn(f));
                }
            }
            if (argc > 1) {
                all.push_back(weft::spawn(blocking_in_secret));
            }
            for (auto& one : all) {
                one.get();
            }
        }
        ::prctl(PR_SET_NAME, "load ends");
    });
    std::puts("all done");
}
