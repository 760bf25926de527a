// SPDX-License-Identifier: BSL-1.0
#include "api/io/pipe_transport.hpp"

#include "reactor/unique_fd.hpp"

#include <fmt/format.h>

#include <csignal>
#include <ctime>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::detail {

namespace {

#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x00000100 // Linux 6.18; missing from older headers
#endif

// Keeps the SIGPIPE of a write in this thread from being delivered. One that was pending before
// stays so.
class held_back_sigpipe {
  public:
    held_back_sigpipe() noexcept {
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::sigemptyset(&only_it_);
        ::sigaddset(&only_it_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &only_it_, &before_);
    }
    ~held_back_sigpipe() {
        const int error_number = errno;
        constexpr timespec at_once{};
        if (error_number == EPIPE && !was_pending_) {
            ::sigtimedwait(&only_it_, nullptr, &at_once);
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = error_number;
    }
    held_back_sigpipe(const held_back_sigpipe&) = delete;
    held_back_sigpipe& operator=(const held_back_sigpipe&) = delete;

  private:
    sigset_t only_it_;
    sigset_t before_;
    bool was_pending_;
};

ssize_t write_quietly(int fd, std::span<const iovec> pieces) noexcept {
    const int count = static_cast<int>(pieces.size());
    const ssize_t n = ::pwritev2(fd, pieces.data(), count, -1, RWF_NOSIGNAL);
    if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) {
        return n;
    }
    const held_back_sigpipe held_back; // an older kernel, or a device that knows no such flag
    return ::writev(fd, pieces.data(), count);
}

bool is_pseudoterminal_master(int fd) noexcept {
    int number = 0;
    return ::ioctl(fd, TIOCGPTN, &number) == 0;
}

// Why the kernel refuses this direction: it says EBADF to who writes to the end for reading.
attempt refused(int error_number, const descriptor& d, std::string_view lacking, const char* call) {
    if (error_number == EBADF && ::fcntl(d.fd(), F_GETFD) >= 0) {
        throw std::system_error(
            EBADF, std::system_category(),
            fmt::format("{}: descriptor {} was not opened for {}", call, d.fd(), lacking));
    }
    return attempt::failed(error_number);
}

class over_pipe final : public transport {
  public:
    attempt receive(descriptor& d, std::span<char> out, const char* call) override {
        for (;;) {
            const ssize_t n = ::read(d.fd(), out.data(), out.size());
            if (n >= 0) {
                return {.bytes = n, .drained = static_cast<std::size_t>(n) < out.size()};
            }
            if (errno == EAGAIN) {
                return {.bytes = -EAGAIN, .drained = true};
            }
            if (errno == EIO && is_pseudoterminal_master(d.fd())) {
                return {0}; // nobody has the terminal open any more
            }
            if (errno != EINTR) {
                return refused(errno, d, "reading", call);
            }
        }
    }

    attempt send(descriptor& d, std::span<const iovec> pieces, const char* call) override {
        for (;;) {
            const ssize_t n = write_quietly(d.fd(), pieces);
            if (n >= 0) {
                return {n};
            }
            if (errno == EAGAIN) {
                return attempt::again(reactor::direction::write);
            }
            if (errno != EINTR) {
                return refused(errno, d, "writing", call);
            }
        }
    }

    // The end for writing has nothing else to live for.
    attempt end_sending(descriptor& d, const char* call) override {
        const int mode = ::fcntl(d.fd(), F_GETFL) & O_ACCMODE;
        if (mode == O_RDONLY) {
            return refused(EBADF, d, "writing", call);
        }
        if (mode == O_RDWR) {
            throw std::system_error(
                ENOTSUP, std::system_category(),
                fmt::format("{}: descriptor {} is open for reading too and cannot end its writing "
                            "alone; close() it",
                            call, d.fd()));
        }
        d.close();
        return {0};
    }
};

constinit over_pipe the_one;

// Whether opening it anew by its name in /proc gives the same thing, and not another instance of a
// device, such as the other side of a new pseudoterminal.
bool can_be_opened_anew(int fd) noexcept {
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        return false;
    }
    return S_ISFIFO(status.st_mode) || (::isatty(fd) == 1 && !is_pseudoterminal_master(fd));
}

// O_NONBLOCK belongs to what is open and not to the descriptor, so a shell would find it set on its
// terminal. Puts an opening of our own behind the number.
bool open_anew(int fd, int flags) noexcept {
    if (!can_be_opened_anew(fd)) {
        return false;
    }
    const std::string name = fmt::format("/proc/self/fd/{}", fd);
    const int kept = flags & (O_ACCMODE | O_APPEND);
    const reactor::unique_fd own(::open(name.c_str(), kept | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    const int inherited = ::fcntl(fd, F_GETFD);
    return own && inherited >= 0 &&
           ::dup3(own.get(), fd, (inherited & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0) >= 0;
}

} // namespace

transport& pipe_transport() noexcept {
    return the_one;
}

void stop_blocking(int fd, const char* call) {
    const int flags = ::fcntl(fd, F_GETFL);
    const bool done = flags >= 0 && ((flags & O_NONBLOCK) != 0 || open_anew(fd, flags) ||
                                     ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
    if (!done) {
        throw std::system_error(errno, std::system_category(), call);
    }
}

} // namespace weft::detail
