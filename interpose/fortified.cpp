// SPDX-License-Identifier: BSL-1.0
//
// The names that programs compiled with _FORTIFY_SOURCE call where the compiler knows how large a
// buffer is: checked, they are the plain calls. A buffer that is too small ends the program in
// libc's own function, as it does bare.
#include "interpose/hook.hpp"

#include <poll.h>
#include <sys/socket.h>

using std::size_t;

#define WEFT_CHECKED(fits, result, symbol, checked, plain, arguments, all)                         \
    WEFT_EXPORTED result weft_plain_##symbol plain __asm__(#symbol);                               \
    WEFT_DEFINE(result, __##symbol##_chk, checked) {                                               \
        return (fits) ? weft_plain_##symbol arguments                                              \
                      : WEFT_ORIGINAL(result, __##symbol##_chk, checked)::call all;                \
    }

WEFT_CHECKED(size <= room, ssize_t, read, (int fd, void* to, size_t size, size_t room),
             (int, void*, size_t), (fd, to, size), (fd, to, size, room))
WEFT_CHECKED(size <= room, ssize_t, pread, (int fd, void* to, size_t size, off_t at, size_t room),
             (int, void*, size_t, off_t), (fd, to, size, at), (fd, to, size, at, room))
WEFT_CHECKED(size <= room, ssize_t, pread64, (int fd, void* to, size_t size, off_t at, size_t room),
             (int, void*, size_t, off_t), (fd, to, size, at), (fd, to, size, at, room))
WEFT_CHECKED(size <= room, ssize_t, recv, (int fd, void* to, size_t size, size_t room, int flags),
             (int, void*, size_t, int), (fd, to, size, flags), (fd, to, size, room, flags))
WEFT_CHECKED(size <= room, ssize_t, recvfrom,
             (int fd, void* to, size_t size, size_t room, int flags, sockaddr* from,
              socklen_t* from_size),
             (int, void*, size_t, int, sockaddr*, socklen_t*),
             (fd, to, size, flags, from, from_size), (fd, to, size, room, flags, from, from_size))
WEFT_CHECKED(count <= room / sizeof(pollfd), int, poll,
             (pollfd * fds, nfds_t count, int ms, size_t room), (pollfd*, nfds_t, int),
             (fds, count, ms), (fds, count, ms, room))
WEFT_CHECKED(count <= room / sizeof(pollfd), int, ppoll,
             (pollfd * fds, nfds_t count, const timespec* timeout, const sigset_t* mask,
              size_t room),
             (pollfd*, nfds_t, const timespec*, const sigset_t*), (fds, count, timeout, mask),
             (fds, count, timeout, mask, room))
