// SPDX-License-Identifier: BSL-1.0
//
// Sending, receiving and connecting. What makes descriptors stands in descriptors.cpp.
#include "interpose/hook.hpp"

#include <sys/socket.h>

using std::size_t;

WEFT_HOOK(receiving, ssize_t, recv, recv, (int fd, void* to, size_t size, int flags),
          (fd, to, size, flags))
WEFT_HOOK(receiving, ssize_t, recvfrom, recvfrom,
          (int fd, void* to, size_t size, int flags, sockaddr* from, socklen_t* from_size),
          (fd, to, size, flags, from, from_size))
WEFT_HOOK(receiving, ssize_t, recvmsg, recvmsg, (int fd, msghdr* message, int flags),
          (fd, message, flags))
WEFT_HOOK(receiving, int, recvmmsg, recvmmsg,
          (int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout),
          (fd, messages, count, flags, timeout))
WEFT_HOOK(sending, ssize_t, send, send, (int fd, const void* data, size_t size, int flags),
          (fd, data, size, flags))
WEFT_HOOK(sending, ssize_t, __send, send, (int fd, const void* data, size_t size, int flags),
          (fd, data, size, flags))
WEFT_HOOK(sending, ssize_t, sendto, sendto,
          (int fd, const void* data, size_t size, int flags, const sockaddr* to, socklen_t to_size),
          (fd, data, size, flags, to, to_size))
WEFT_HOOK(sending, ssize_t, sendmsg, sendmsg, (int fd, const msghdr* message, int flags),
          (fd, message, flags))
WEFT_HOOK(sending, int, sendmmsg, sendmmsg, (int fd, mmsghdr* messages, unsigned count, int flags),
          (fd, messages, count, flags))
WEFT_HOOK(sending, int, connect, connect, (int fd, const sockaddr* address, socklen_t size),
          (fd, address, size))
WEFT_HOOK(sending, int, __connect, connect, (int fd, const sockaddr* address, socklen_t size),
          (fd, address, size))
