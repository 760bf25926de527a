// SPDX-License-Identifier: BSL-1.0
#include "tests/support/io_system_calls.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <thread>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace weft::test {

namespace {

std::atomic<const system_call_hook::function*> hook = nullptr;
std::atomic<int> calls_in_hook = 0; // of all threads
thread_local bool inside = false;

// libc's function, or the sanitizer's.
template <class Function>
Function* next_one(const char* name) noexcept {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// The size to go on with; -1, with errno, when the call is to fail.
ssize_t ask(system_call which, int fd, std::size_t size, int flags = 0,
            const char* path = nullptr) {
    if (inside) {
        return static_cast<ssize_t>(size);
    }
    int error_number = 0;
    ++calls_in_hook;
    if (const auto* const before = hook.load()) {
        const int errno_before = errno;
        inside = true;
        system_call_hook::call c{which, fd, size, flags, path};
        error_number = (*before)(c);
        inside = false;
        errno = error_number != 0 ? error_number : errno_before;
        size = c.size;
    }
    --calls_in_hook;
    return error_number != 0 ? -1 : static_cast<ssize_t>(size);
}

// Of the pieces, those that `size` bytes reach into, the last one shortened.
class shortened_pieces {
  public:
    shortened_pieces(const iovec* pieces, std::size_t count, std::size_t size) noexcept {
        for (; count_ < count && count_ < most && size > 0; ++count_, ++pieces) {
            pieces_[count_] = *pieces;
            pieces_[count_].iov_len = std::min(pieces->iov_len, size);
            size -= pieces_[count_].iov_len;
        }
    }
    iovec* data() noexcept { return pieces_; }
    std::size_t count() const noexcept { return count_; }

  private:
    static constexpr std::size_t most = 64;
    iovec pieces_[most];
    std::size_t count_ = 0;
};

std::size_t size_of(const iovec* pieces, std::size_t count) noexcept {
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
        size += pieces[i].iov_len;
    }
    return size;
}

} // namespace

const char* name_of(system_call c) noexcept {
    constexpr const char* names[] = {"accept4",  "close", "connect", "epoll_ctl", "fstat",
                                     "fsync",    "open",  "pread",   "preadv2",   "pwrite",
                                     "pwritev2", "read",  "recv",    "send",      "sendmsg",
                                     "socket",   "write"};
    return names[static_cast<std::size_t>(c)];
}

system_call_hook::system_call_hook(function before) {
    if (hook.exchange(new function(std::move(before))) != nullptr) {
        std::abort(); // one at a time
    }
}

system_call_hook::~system_call_hook() {
    const function* const before = hook.exchange(nullptr);
    while (calls_in_hook != 0) {
        std::this_thread::yield(); // a thread of the library's is on its way out of it
    }
    delete before;
}

} // namespace weft::test

#define WEFT_OWN __attribute__((visibility("default")))
#define WEFT_NEXT(name, symbol) static auto* const next = next_one<decltype(name)>(symbol)

extern "C" {

using namespace weft::test;

WEFT_OWN int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
    WEFT_NEXT(accept4, "accept4");
    return ask(system_call::accept4, fd, 0) < 0 ? -1 : next(fd, address, size, flags);
}

WEFT_OWN int close(int fd) {
    WEFT_NEXT(close, "close");
    // The descriptor is gone whatever the kernel says.
    const bool fails = ask(system_call::close, fd, 0) < 0;
    const int error_number = errno;
    const int result = next(fd);
    if (fails) {
        errno = error_number;
    }
    return fails ? -1 : result;
}

WEFT_OWN int connect(int fd, const sockaddr* address, socklen_t size) {
    WEFT_NEXT(connect, "connect");
    return ask(system_call::connect, fd, 0) < 0 ? -1 : next(fd, address, size);
}

WEFT_OWN int epoll_ctl(int set, int operation, int fd, epoll_event* event) noexcept {
    WEFT_NEXT(epoll_ctl, "epoll_ctl");
    const bool fails = operation == EPOLL_CTL_ADD && ask(system_call::epoll_ctl, fd, 0) < 0;
    return fails ? -1 : next(set, operation, fd, event);
}

WEFT_OWN int fstat(int fd, struct stat* about) noexcept {
    WEFT_NEXT(fstat, "fstat64");
    return ask(system_call::fstat, fd, 0) < 0 ? -1 : next(fd, about);
}

WEFT_OWN int fsync(int fd) {
    WEFT_NEXT(fsync, "fsync");
    return ask(system_call::fsync, fd, 0) < 0 ? -1 : next(fd);
}

WEFT_OWN int open(const char* path, int flags, ...) {
    WEFT_NEXT(open, "open64");
    mode_t mode = 0;
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    return ask(system_call::open, -1, 0, flags, path) < 0 ? -1 : next(path, flags, mode);
}

WEFT_OWN ssize_t pread(int fd, void* out, std::size_t size, off_t offset) {
    WEFT_NEXT(pread, "pread64");
    const ssize_t n = ask(system_call::pread, fd, size);
    return n < 0 ? -1 : next(fd, out, static_cast<std::size_t>(n), offset);
}

WEFT_OWN ssize_t preadv2(int fd, const iovec* pieces, int count, off_t offset, int flags) {
    WEFT_NEXT(preadv2, "preadv64v2");
    const std::size_t size = size_of(pieces, std::size_t(count));
    const ssize_t n = ask(system_call::preadv2, fd, size, flags);
    if (n < 0 || std::size_t(n) == size) {
        return n < 0 ? -1 : next(fd, pieces, count, offset, flags);
    }
    shortened_pieces shorter(pieces, std::size_t(count), std::size_t(n));
    return next(fd, shorter.data(), int(shorter.count()), offset, flags);
}

WEFT_OWN ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
    WEFT_NEXT(pwrite, "pwrite64");
    const ssize_t n = ask(system_call::pwrite, fd, size);
    return n < 0 ? -1 : next(fd, data, static_cast<std::size_t>(n), offset);
}

WEFT_OWN ssize_t pwritev2(int fd, const iovec* pieces, int count, off_t offset, int flags) {
    WEFT_NEXT(pwritev2, "pwritev64v2");
    const std::size_t size = size_of(pieces, std::size_t(count));
    const ssize_t n = ask(system_call::pwritev2, fd, size, flags);
    if (n < 0 || std::size_t(n) == size) {
        return n < 0 ? -1 : next(fd, pieces, count, offset, flags);
    }
    shortened_pieces shorter(pieces, std::size_t(count), std::size_t(n));
    return next(fd, shorter.data(), int(shorter.count()), offset, flags);
}

WEFT_OWN ssize_t read(int fd, void* out, std::size_t size) {
    WEFT_NEXT(read, "read");
    const ssize_t n = ask(system_call::read, fd, size);
    return n < 0 ? -1 : next(fd, out, static_cast<std::size_t>(n));
}

WEFT_OWN ssize_t recv(int fd, void* out, std::size_t size, int flags) {
    WEFT_NEXT(recv, "recv");
    const ssize_t n = ask(system_call::recv, fd, size);
    return n < 0 ? -1 : next(fd, out, static_cast<std::size_t>(n), flags);
}

WEFT_OWN ssize_t send(int fd, const void* data, std::size_t size, int flags) {
    WEFT_NEXT(send, "send");
    const ssize_t n = ask(system_call::send, fd, size);
    return n < 0 ? -1 : next(fd, data, static_cast<std::size_t>(n), flags);
}

WEFT_OWN ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    WEFT_NEXT(sendmsg, "sendmsg");
    const std::size_t size = size_of(message->msg_iov, message->msg_iovlen);
    const ssize_t n = ask(system_call::sendmsg, fd, size, flags);
    if (n < 0 || std::size_t(n) == size) {
        return n < 0 ? -1 : next(fd, message, flags);
    }
    shortened_pieces shorter(message->msg_iov, message->msg_iovlen, std::size_t(n));
    msghdr same = *message;
    same.msg_iov = shorter.data();
    same.msg_iovlen = shorter.count();
    return next(fd, &same, flags);
}

WEFT_OWN int socket(int family, int type, int protocol) noexcept {
    WEFT_NEXT(socket, "socket");
    return ask(system_call::socket, -1, 0) < 0 ? -1 : next(family, type, protocol);
}

WEFT_OWN ssize_t write(int fd, const void* data, std::size_t size) {
    WEFT_NEXT(write, "write");
    const ssize_t n = ask(system_call::write, fd, size);
    return n < 0 ? -1 : next(fd, data, static_cast<std::size_t>(n));
}

} // extern "C"
