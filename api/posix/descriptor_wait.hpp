// SPDX-License-Identifier: BSL-1.0
//
// try, then wait, then try again: how a call on one descriptor blocks its task.
//
// A try that succeeds asks nothing else. Only one that would block asks the kernel whether the
// program wanted to block at all: O_NONBLOCK and the socket's own time limits are the kernel's, so
// they are true whoever changed them, through whatever duplicate.
#pragma once

#include "api/posix/suspended_call.hpp"

#include <cerrno>
#include <optional>
#include <utility>

#include <sys/socket.h>
#include <sys/types.h>

namespace weft::detail {

// A socket's own time limit for a call: which option it is. Zero: it has none.
enum class limit_option : int { none = 0, receiving = SO_RCVTIMEO, sending = SO_SNDTIMEO };

class descriptor_wait {
  public:
    descriptor_wait(const char* name, int fd, reactor::direction d, limit_option limit) noexcept
        : name_(name), fd_(fd), direction_(d), limit_(limit) {}

    // Waits until it is worth trying again. False, with errno, when it is not to be: EAGAIN for a
    // descriptor that does not block, and when the time is up; else as suspended_call says.
    [[nodiscard]] bool next() noexcept;

    // Only asks whether it blocks; false, with EAGAIN, when it does not.
    [[nodiscard]] bool blocks() noexcept;

    // As next(), but for what the kernel does not tell.
    [[nodiscard]] bool pause() noexcept;

    void progressed() noexcept {
        if (call_) {
            call_->progressed();
        }
    }
    // What is told when the socket's time is up, in place of EAGAIN.
    void set_error_in_time(int error_number) noexcept { error_in_time_ = error_number; }

  private:
    suspended_call::result wait() noexcept;
    bool is_worth_a_try(suspended_call::result end) const noexcept;

    const char* const name_;
    const int fd_;
    const reactor::direction direction_;
    const limit_option limit_;
    int error_in_time_ = EAGAIN;
    fibers::time_point deadline_ = fibers::never;
    std::uint32_t era_ = 0; // in which it can be settled; 0: it cannot
    bool settled_ = false;
    std::optional<suspended_call> call_; // once it is known to block
};

// attempt() returns a result, or -1 with errno EAGAIN where it would block.
template <class Attempt>
auto block_on(const char* name, int fd, reactor::direction d, limit_option limit, Attempt&& attempt,
              bool wait_first = false) noexcept {
    decltype(attempt()) r = -1;
    if (!wait_first) {
        r = attempt();
        if (r != -1 || errno != EAGAIN) [[likely]] {
            return r;
        }
    }
    descriptor_wait wait(name, fd, d, limit);
    while (wait.next()) {
        r = attempt();
        if (r != -1 || errno != EAGAIN) {
            return r;
        }
    }
    return decltype(r){-1};
}

bool is_stream(int fd) noexcept;

// Of a stream socket that is settled for reading, whether the last read took all there was; null:
// it is not settled.
bool* drained_flag(int fd) noexcept;

// block_on() for reading at most `size` bytes. After a read that took all there was a settled
// stream is awaited first: a try would nearly always be in vain.
template <class Attempt>
ssize_t block_on_reading(const char* name, int fd, std::size_t size, Attempt&& attempt) noexcept {
    bool* drained = drained_flag(fd);
    const bool wait_first = drained != nullptr && std::exchange(*drained, false);
    const ssize_t n = block_on(name, fd, reactor::direction::read, limit_option::receiving,
                               std::forward<Attempt>(attempt), wait_first);
    if (n > 0 && static_cast<std::size_t>(n) < size) {
        drained = drained_flag(fd);
        if (drained != nullptr) {
            *drained = true;
        }
    }
    return n;
}

} // namespace weft::detail
