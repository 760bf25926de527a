// SPDX-License-Identifier: BSL-1.0
//
// The recv and send families.
#include "api/posix/descriptor_wait.hpp"
#include "api/posix/pieces.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/whole_write.hpp"

#include <weft/posix.hpp>

#include <algorithm>
#include <chrono>

#include <sys/ioctl.h>

namespace weft::posix {

using detail::block_on;
using detail::descriptor_wait;
using detail::limit_option;
using detail::may_suspend;
using reactor::direction;
namespace raw = detail::raw;

namespace {

// What the kernel answers at once, also on a blocking socket.
constexpr int never_wait = MSG_DONTWAIT | MSG_ERRQUEUE | MSG_OOB;

// Whether all bytes are read and an error stands behind them. The kernel leaves it for the next
// call, where a try would take it; on AF_UNIX it takes it itself.
bool ends_in_error(int fd) noexcept {
    int domain = AF_UNIX;
    socklen_t size = sizeof(domain);
    int queued = 0;
    return (raw::poll_now(fd, POLLIN) & POLLERR) != 0 &&
           raw::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, size) == 0 && domain != AF_UNIX &&
           ::syscall(SYS_ioctl, fd, FIONREAD, &queued) == 0 && queued == 0;
}

// MSG_WAITALL on a stream: until all is there, or the stream ends, fails, is out of time or the
// task is cancelled. attempt(done) receives what is to follow the first `done` bytes.
template <class Attempt>
ssize_t receive_all(const char* name, int fd, std::size_t size, bool peek,
                    Attempt&& attempt) noexcept {
    descriptor_wait wait(name, fd, direction::read, limit_option::receiving);
    std::size_t done = 0;
    for (;;) {
        const ssize_t n = attempt(peek ? 0 : done);
        const bool again = n < 0 && errno == EAGAIN;
        if (n > 0) {
            done = peek ? static_cast<std::size_t>(n) : done + static_cast<std::size_t>(n);
            wait.progressed();
        }
        if (n == 0 || (n < 0 && !again) || (n > 0 && (done >= size || !detail::is_stream(fd)))) {
            return n < 0 && done == 0 ? -1 : static_cast<ssize_t>(done);
        }
        // What has been looked at is still there, so its coming tells nothing any more; but the end
        // of the stream does.
        const bool ended = peek && done > 0 && (raw::poll_now(fd, POLLRDHUP) != 0);
        if (ended || !(again ? wait.next() : peek ? wait.pause() : wait.blocks())) {
            return done > 0 ? static_cast<ssize_t>(done) : -1;
        }
        if (done > 0 && !peek && ends_in_error(fd)) {
            return static_cast<ssize_t>(done);
        }
    }
}

} // namespace

ssize_t recvfrom(int fd, void* out, std::size_t size, int flags, ::sockaddr* from,
                 unsigned* from_size) {
    if (!may_suspend()) {
        return ::recvfrom(fd, out, size, flags, from, from_size);
    }
    if ((flags & never_wait) != 0) {
        return raw::recvfrom(fd, out, size, flags, from, from_size);
    }
    if ((flags & MSG_WAITALL) != 0) {
        return receive_all("recv", fd, size, (flags & MSG_PEEK) != 0, [&](std::size_t done) {
            return raw::recvfrom(fd, static_cast<char*>(out) + done, size - done,
                                 flags | MSG_DONTWAIT, from, from_size);
        });
    }
    if (flags == 0) {
        return detail::block_on_reading("recv", fd, size, [&] {
            return raw::recvfrom(fd, out, size, MSG_DONTWAIT, from, from_size);
        });
    }
    return block_on("recv", fd, direction::read, limit_option::receiving, [&] {
        return raw::recvfrom(fd, out, size, flags | MSG_DONTWAIT, from, from_size);
    });
}

ssize_t recv(int fd, void* out, std::size_t size, int flags) {
    return may_suspend() ? posix::recvfrom(fd, out, size, flags, nullptr, nullptr)
                         : ::recv(fd, out, size, flags);
}

ssize_t recvmsg(int fd, ::msghdr* message, int flags) {
    if (!may_suspend()) {
        return ::recvmsg(fd, message, flags);
    }
    if ((flags & never_wait) != 0) {
        return raw::recvmsg(fd, message, flags);
    }
    const auto receive = [&](msghdr& m) { return raw::recvmsg(fd, &m, flags | MSG_DONTWAIT); };
    const std::size_t count = message->msg_iovlen;
    if ((flags & MSG_WAITALL) == 0 || count > detail::most_pieces) {
        return block_on("recvmsg", fd, direction::read, limit_option::receiving,
                        [&] { return receive(*message); });
    }
    const std::size_t size = detail::total_size(message->msg_iov, static_cast<int>(count));
    return receive_all("recvmsg", fd, size, (flags & MSG_PEEK) != 0, [&](std::size_t done) {
        if (done == 0) {
            return receive(*message);
        }
        // What came beside the first bytes is the caller's; the rest brings none of it.
        detail::pieces_left left(message->msg_iov, static_cast<int>(count), done);
        msghdr rest{};
        rest.msg_iov = left.data();
        rest.msg_iovlen = static_cast<std::size_t>(left.count());
        return receive(rest);
    });
}

ssize_t sendto(int fd, const void* data, std::size_t size, int flags, const ::sockaddr* to,
               unsigned to_size) {
    if (!may_suspend()) {
        return ::sendto(fd, data, size, flags, to, to_size);
    }
    if ((flags & MSG_DONTWAIT) != 0) {
        return raw::sendto(fd, data, size, flags, to, to_size);
    }
    return detail::write_whole("send", fd, size, [&](std::size_t done) {
        const int more = MSG_DONTWAIT | (done > 0 ? MSG_NOSIGNAL : 0);
        return raw::sendto(fd, static_cast<const char*>(data) + done, size - done, flags | more, to,
                           to_size);
    });
}

ssize_t send(int fd, const void* data, std::size_t size, int flags) {
    return may_suspend() ? posix::sendto(fd, data, size, flags, nullptr, 0)
                         : ::send(fd, data, size, flags);
}

ssize_t sendmsg(int fd, const ::msghdr* message, int flags) {
    if (!may_suspend()) {
        return ::sendmsg(fd, message, flags);
    }
    if ((flags & MSG_DONTWAIT) != 0 || message->msg_iovlen > detail::most_pieces) {
        return raw::sendmsg(fd, message, flags);
    }
    const int count = static_cast<int>(message->msg_iovlen);
    const std::size_t size = detail::total_size(message->msg_iov, count);
    return detail::write_whole("sendmsg", fd, size, [&](std::size_t done) {
        if (done == 0) {
            return raw::sendmsg(fd, message, flags | MSG_DONTWAIT);
        }
        // What goes beside the bytes went with the first of them.
        detail::pieces_left left(message->msg_iov, count, done);
        msghdr rest{};
        rest.msg_name = message->msg_name;
        rest.msg_namelen = message->msg_namelen;
        rest.msg_iov = left.data();
        rest.msg_iovlen = static_cast<std::size_t>(left.count());
        return raw::sendmsg(fd, &rest, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    });
}

// --- several messages ---

int recvmmsg(int fd, ::mmsghdr* messages, unsigned count, int flags, ::timespec* timeout) {
    if (!may_suspend()) {
        return ::recvmmsg(fd, messages, count, flags, timeout);
    }
    // The kernel looks at the time only after each message, and so does this.
    const auto start = std::chrono::steady_clock::now();
    const auto limit = timeout != nullptr ? std::chrono::seconds(timeout->tv_sec) +
                                                std::chrono::nanoseconds(timeout->tv_nsec)
                                          : std::chrono::nanoseconds::max();
    unsigned done = 0;
    for (; done < count; ++done) {
        const bool waits = done == 0 || (flags & MSG_WAITFORONE) == 0;
        const int more = (flags & ~MSG_WAITFORONE) | (waits ? 0 : MSG_DONTWAIT);
        const ssize_t n = posix::recvmsg(fd, &messages[done].msg_hdr, more);
        if (n < 0) {
            break;
        }
        messages[done].msg_len = static_cast<unsigned>(n);
        if (timeout != nullptr) {
            const auto spent = std::chrono::steady_clock::now() - start;
            const auto left = std::max<std::chrono::nanoseconds>(limit - spent, {});
            timeout->tv_sec = left.count() / 1'000'000'000;
            timeout->tv_nsec = left.count() % 1'000'000'000;
            if (left.count() == 0) {
                ++done;
                break;
            }
        }
    }
    return done > 0 || count == 0 ? static_cast<int>(done) : -1;
}

int sendmmsg(int fd, ::mmsghdr* messages, unsigned count, int flags) {
    if (!may_suspend()) {
        return ::sendmmsg(fd, messages, count, flags);
    }
    unsigned done = 0;
    for (; done < count; ++done) {
        const ssize_t n = posix::sendmsg(fd, &messages[done].msg_hdr, flags);
        if (n < 0) {
            break;
        }
        messages[done].msg_len = static_cast<unsigned>(n);
    }
    return done > 0 || count == 0 ? static_cast<int>(done) : -1;
}

} // namespace weft::posix
