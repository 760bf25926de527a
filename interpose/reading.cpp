// SPDX-License-Identifier: BSL-1.0
//
// read() and its kin.
#include "interpose/hook.hpp"

#include <cstdint>

#include <sys/uio.h>

using std::size_t;

WEFT_HOOK(receiving, ssize_t, read, read, (int fd, void* to, size_t size), (fd, to, size))
WEFT_HOOK(receiving, ssize_t, __read, read, (int fd, void* to, size_t size), (fd, to, size))
WEFT_HOOK(receiving, ssize_t, readv, readv, (int fd, const iovec* to, int count), (fd, to, count))
WEFT_HOOK(receiving, ssize_t, pread, pread, (int fd, void* to, size_t size, off_t at),
          (fd, to, size, at))
WEFT_HOOK(receiving, ssize_t, pread64, pread, (int fd, void* to, size_t size, off_t at),
          (fd, to, size, at))
WEFT_HOOK(receiving, ssize_t, __pread64, pread, (int fd, void* to, size_t size, off_t at),
          (fd, to, size, at))
WEFT_HOOK(receiving, ssize_t, preadv, preadv, (int fd, const iovec* to, int count, off_t at),
          (fd, to, count, at))
WEFT_HOOK(receiving, ssize_t, preadv64, preadv, (int fd, const iovec* to, int count, off_t at),
          (fd, to, count, at))
WEFT_HOOK(receiving, ssize_t, preadv2, preadv2,
          (int fd, const iovec* to, int count, off_t at, int flags), (fd, to, count, at, flags))
WEFT_HOOK(receiving, ssize_t, preadv64v2, preadv2,
          (int fd, const iovec* to, int count, off_t at, int flags), (fd, to, count, at, flags))

// libc's own reads by an inner name.
WEFT_DEFINE(int, eventfd_read, (int fd, std::uint64_t* value)) {
    return weft_hook_read(fd, value, sizeof(*value)) == sizeof(*value) ? 0 : -1;
}
