// SPDX-License-Identifier: BSL-1.0
//
// Files on slow storage, locks on files, and messages between processes.
#include "interpose/hook.hpp"

#include <ctime>

#include <fcntl.h>
#include <mqueue.h>
#include <sys/sem.h>

using std::size_t;

WEFT_HOOK(in_thread, int, fsync, fsync, (int fd), (fd))
WEFT_HOOK(in_thread, int, fdatasync, fdatasync, (int fd), (fd))
WEFT_HOOK(in_thread, int, syncfs, syncfs, (int fd), (fd))
WEFT_HOOK(in_thread, void, sync, sync, (), ())

WEFT_HOOK(restarted, int, flock, flock, (int fd, int operation), (fd, operation))
WEFT_HOOK(restarted, int, lockf, lockf, (int fd, int command, off_t size), (fd, command, size))
WEFT_HOOK(restarted, int, lockf64, lockf, (int fd, int command, off_t size), (fd, command, size))

WEFT_HOOK(ended, ssize_t, msgrcv, msgrcv,
          (int queue, void* message, size_t size, long type, int flags),
          (queue, message, size, type, flags))
WEFT_HOOK(ended, int, msgsnd, msgsnd, (int queue, const void* message, size_t size, int flags),
          (queue, message, size, flags))
WEFT_HOOK(ended, int, semop, semop, (int set, sembuf* operations, size_t count),
          (set, operations, count))
WEFT_HOOK(ended, int, semtimedop, semtimedop,
          (int set, sembuf* operations, size_t count, const timespec* timeout),
          (set, operations, count, timeout))
WEFT_HOOK(restarted, ssize_t, mq_receive, mq_receive,
          (mqd_t queue, char* message, size_t size, unsigned* priority),
          (queue, message, size, priority))
WEFT_HOOK(restarted, ssize_t, mq_timedreceive, mq_timedreceive,
          (mqd_t queue, char* message, size_t size, unsigned* priority, const timespec* until),
          (queue, message, size, priority, until))
WEFT_HOOK(restarted, int, mq_send, mq_send,
          (mqd_t queue, const char* message, size_t size, unsigned priority),
          (queue, message, size, priority))
WEFT_HOOK(restarted, int, mq_timedsend, mq_timedsend,
          (mqd_t queue, const char* message, size_t size, unsigned priority, const timespec* until),
          (queue, message, size, priority, until))
