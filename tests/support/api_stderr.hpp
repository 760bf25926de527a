// SPDX-License-Identifier: BSL-1.0
//
// Catches what is written to stderr while it lives, for tests of reports.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace weft::test {

class stderr_lines {
  public:
    stderr_lines() : saved_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
        std::fflush(stderr);
        file_ = ::memfd_create("stderr", MFD_CLOEXEC);
        EXPECT_GE(::dup2(file_, STDERR_FILENO), 0);
    }
    ~stderr_lines() { stop(); }
    stderr_lines(const stderr_lines&) = delete;
    stderr_lines& operator=(const stderr_lines&) = delete;

    // The complete lines so far, without their ends.
    std::vector<std::string> lines() const {
        std::fflush(stderr);
        std::vector<std::string> all;
        std::string line;
        off_t at = 0;
        for (char c; file_ >= 0 && ::pread(file_, &c, 1, at) == 1; ++at) {
            if (c == '\n') {
                all.push_back(std::move(line));
                line.clear();
            } else {
                line += c;
            }
        }
        return all;
    }

    // All of it, and stderr is what it was.
    std::vector<std::string> finish() {
        auto all = lines();
        stop();
        return all;
    }

  private:
    void stop() {
        if (saved_ >= 0) {
            std::fflush(stderr);
            ::dup2(saved_, STDERR_FILENO);
            ::close(saved_);
            ::close(file_);
            saved_ = file_ = -1;
        }
    }
    int saved_;
    int file_ = -1;
};

} // namespace weft::test
