// SPDX-License-Identifier: BSL-1.0
//
// A descriptor with an owner. It closes what no fiber waits for: the runtime's own descriptors and
// those that have not been handed to a stream yet. A descriptor that may have waiters is closed
// through reactor::readiness instead.
#pragma once

#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace weft::reactor {

class unique_fd {
  public:
    unique_fd() noexcept = default;
    explicit unique_fd(int fd) noexcept : fd_(fd) {}
    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept {
        unique_fd old(std::exchange(fd_, other.release()));
        return *this;
    }
    ~unique_fd() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }
    explicit operator bool() const noexcept { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

// Takes over what a system call has returned. Throws std::system_error with errno when that is no
// descriptor.
inline unique_fd require_fd(int fd, const char* failure) {
    if (fd < 0) {
        throw std::system_error(errno, std::system_category(), failure);
    }
    return unique_fd(fd);
}

} // namespace weft::reactor
