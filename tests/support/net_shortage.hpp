// SPDX-License-Identifier: BSL-1.0
//
// A process that has run out of descriptors, for as long as the object lives.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace weft::test {

class descriptor_shortage {
  public:
    // Leaves room for `room` more descriptors.
    explicit descriptor_shortage(std::size_t room = 0) {
        show_exception_to_sanitizer();
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
        const int next = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
        ::close(next);
        // A little above what is open, so that few fillers are needed.
        rlimit lower = before_;
        lower.rlim_cur = static_cast<rlim_t>(next) + 64;
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
        for (int fd = 0; (fd = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0;) {
            fillers_.push_back(fd);
        }
        make_room(room);
    }
    ~descriptor_shortage() {
        make_room(fillers_.size());
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }
    descriptor_shortage(const descriptor_shortage&) = delete;
    descriptor_shortage& operator=(const descriptor_shortage&) = delete;

    void make_room(std::size_t count) {
        for (; count > 0 && !fillers_.empty(); --count) {
            ::close(fillers_.back());
            fillers_.pop_back();
        }
    }

  private:
    // UndefinedBehaviorSanitizer opens a pipe when it looks at an object of a class it has not
    // seen.
    static void show_exception_to_sanitizer() {
        try {
            throw std::system_error(EMFILE, std::system_category());
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code().value(), EMFILE);
        }
    }

    rlimit before_{};
    std::vector<int> fillers_;
};

} // namespace weft::test
