// SPDX-License-Identifier: BSL-1.0
//
// No memory: each allocation of a call fails once. The call then fails with ENOMEM, or what stands
// for it, or does without; nothing is thrown through it and nothing is left of it.
#include "tests/support/api_each_allocation.hpp"
#include "tests/support/posix_sides.hpp"

#include <array>
#include <string>

namespace {

using namespace weft::test;
namespace posix = weft::posix;

class posix_memory : public api_test {};

// Calls f(), which returns -1 with errno when it fails, and expects that it fails for nothing but
// want of memory. Returns how many allocations it makes.
template <class F>
int for_each_allocation_of(F f) {
    return for_each_allocation([&] {
        const std::string end = told(f());
        EXPECT_TRUE(end == "1" || end == failed(ENOMEM)) << end;
    });
}

// The first wait of a descriptor allocates; a new number each time.
template <class F>
int with_new_number(F wait) {
    return for_each_allocation_of([&] {
        const socket_ends s;
        const int high = ::fcntl(s.near, F_DUPFD_CLOEXEC, 700);
        set_limit(high, SO_RCVTIMEO, 100);
        const int r = wait(high);
        const int error_number = errno;
        ::close(high);
        errno = error_number;
        return r;
    });
}

TEST_F(posix_memory, for_reading) {
    weft::run([] {
        with_new_number([](int fd) {
            char c = 0;
            const ssize_t n = posix::read(fd, &c, 1);
            return n == -1 && errno == EAGAIN ? 1 : static_cast<int>(n);
        });
    });
}

TEST_F(posix_memory, for_polling) {
    weft::run([] {
        for (const short events : {POLLIN, POLLPRI}) {
            with_new_number([events](int fd) {
                std::array<pollfd, 100> fds{};
                fds.fill({fd, events, 0});
                const timespec little{0, 100'000};
                const nfds_t count = events == POLLIN ? 2 : fds.size();
                const int n = posix::ppoll(fds.data(), count, &little, nullptr);
                return n == 0 ? 1 : n;
            });
        }
    });
}

TEST_F(posix_memory, for_selecting) {
    weft::run([] {
        const int count = with_new_number([](int fd) {
            fd_set to_read;
            FD_ZERO(&to_read);
            FD_SET(fd, &to_read);
            timeval little{0, 100};
            const int n = posix::select(fd + 1, &to_read, nullptr, nullptr, &little);
            return n == 0 ? 1 : n;
        });
        EXPECT_GE(count, 1);
    });
}

TEST_F(posix_memory, for_asking_for_names) {
    weft::run([] {
        const int count = for_each_allocation([] {
            addrinfo hints{};
            hints.ai_flags = AI_NUMERICHOST;
            addrinfo* list = nullptr;
            const int r = posix::getaddrinfo("127.0.0.1", "80", &hints, &list);
            EXPECT_TRUE(r == 0 || r == EAI_MEMORY || (r == EAI_SYSTEM && errno == ENOMEM)) << r;
            if (r == 0) {
                ::freeaddrinfo(list);
            }
        });
        EXPECT_GT(count, 1);
        EXPECT_GT(for_each_allocation_of([] {
                      const passwd* const root = posix::getpwuid(0);
                      return root != nullptr ? 1 : -1;
                  }),
                  1);
        EXPECT_GT(for_each_allocation_of([] {
                      passwd record{};
                      passwd* found = nullptr;
                      char room[1024];
                      errno = posix::getpwuid_r(0, &record, room, sizeof(room), &found);
                      return errno == 0 ? 1 : -1;
                  }),
                  1);
    });
}

TEST_F(posix_memory, for_work_in_threads) {
    weft::run([] {
        temporary_file_name name;
        const int fd = posix::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        EXPECT_GT(for_each_allocation_of([&] { return posix::fsync(fd) == 0 ? 1 : -1; }), 1);
        posix::close(fd);
    });
}

} // namespace
