/* SPDX-License-Identifier: BSL-1.0
 * libev's configuration for Linux with glibc 2.17 or later, written by hand: what configure would find out,
 * without the experimental linux-aio and io_uring backends. */
#define HAVE_CLOCK_GETTIME 1
#define HAVE_NANOSLEEP 1
#define HAVE_FLOOR 1

#define HAVE_EPOLL_CTL 1
#define HAVE_SYS_EPOLL_H 1
#define HAVE_POLL 1
#define HAVE_POLL_H 1
#define HAVE_SELECT 1
#define HAVE_SYS_SELECT_H 1

#define HAVE_EVENTFD 1
#define HAVE_SYS_EVENTFD_H 1
#define HAVE_SIGNALFD 1
#define HAVE_SYS_SIGNALFD_H 1
#define HAVE_SYS_TIMERFD_H 1
#define HAVE_INOTIFY_INIT 1
#define HAVE_SYS_INOTIFY_H 1
