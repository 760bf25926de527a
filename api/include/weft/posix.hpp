// SPDX-License-Identifier: BSL-1.0
//
// libc's blocking calls, with libc's signatures, results and errno, that block only the task that
// makes them. A program that was written to block a thread is ported by calling these.
//
// Each function does what libc's of the same name does; nothing is said here but who waits and what
// else differs. On a task the call suspends that task where libc's would block, and runs nothing
// else where it would not. Everywhere else it is libc's call, unchanged: on a thread without a
// loop, in a callback, in a no_suspend scope, in a signal handler and in the child of a fork(). Any
// thread may call them, and no function here throws.
//
//  * Blocking or not is what the kernel says: a descriptor with O_NONBLOCK, a call with
//    MSG_DONTWAIT and SO_RCVTIMEO and SO_SNDTIMEO behave as they do bare, however and by whom they
//    were set. No flag of a descriptor is changed, but for the length of one system call in
//    connect(), accept() and sendfile(), and never on descriptors 0 to 2 or on one that another
//    process may share.
//  * Regular files and directories never say that they would block: reading and writing them
//    blocks the thread for as long as the storage takes. fsync() and its like go to a thread.
//  * Cancelling: C code cannot be unwound. In a task that is cancelled, a call that waits, or that
//    would have to, fails with ECANCELED, or returns what it had transferred before; what needs no
//    waiting succeeds. The cancel stays pending: every later call that would wait fails in the same
//    way, and weft's next own wait point throws `cancelled`. Nothing is lost: what was not returned
//    is still in its socket or pipe. Not in a cancel_blocker, nor while an exception unwinds.
//  * EINTR is returned only where the kernel says so, and under weft-run where a signal handler of
//    the program ran.
//  * close(), dup2() and dup3() wake the tasks of this loop that wait for the descriptor; their
//    calls fail with EBADF, poll() says POLLNVAL.
//  * SIGPIPE comes as it does bare; a loop ignores that signal unless the program says otherwise.
//  * A zero time, such as poll(..., 0) and usleep(0), gives up one turn.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/suspension.hpp>

#include <cstdarg>
#include <cstddef>
#include <cstdio>

#include <sys/select.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>

struct addrinfo;
struct epoll_event;
struct group;
struct hostent;
struct iovec;
struct mmsghdr;
struct msghdr;
struct passwd;
struct pollfd;
struct rusage;
struct sembuf;
struct sockaddr;

namespace weft::posix {

// While it lives, the thread's calls of this namespace and of the interposed libc names are libc's
// own and block the thread: for code that must not be suspended, such as one that holds a lock
// which another task of this thread may want. May be nested. To be destroyed on the thread that
// made it, with no suspension in between.
class no_suspend {
  public:
    no_suspend() noexcept { detail::forbid_suspension(); }
    ~no_suspend() { detail::allow_suspension(); }
    no_suspend(const no_suspend&) = delete;
    no_suspend& operator=(const no_suspend&) = delete;
};

// --- reading and writing: sockets, pipes, terminals, eventfd, timerfd, signalfd, inotify ... ---

WEFT_API ssize_t read(int fd, void* out, std::size_t size);
WEFT_API ssize_t readv(int fd, const ::iovec* pieces, int count);
WEFT_API ssize_t pread(int fd, void* out, std::size_t size, off_t offset);
WEFT_API ssize_t preadv(int fd, const ::iovec* pieces, int count, off_t offset);
WEFT_API ssize_t preadv2(int fd, const ::iovec* pieces, int count, off_t offset, int flags);
// To a blocking descriptor all of it is written, in several system calls if need be, unless an
// error, SO_SNDTIMEO or a cancel ends it: then the number of bytes written so far, if any.
WEFT_API ssize_t write(int fd, const void* data, std::size_t size);
WEFT_API ssize_t writev(int fd, const ::iovec* pieces, int count);
WEFT_API ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset);
WEFT_API ssize_t pwritev(int fd, const ::iovec* pieces, int count, off_t offset);
WEFT_API ssize_t pwritev2(int fd, const ::iovec* pieces, int count, off_t offset, int flags);

// --- sockets ---

WEFT_API ssize_t recv(int fd, void* out, std::size_t size, int flags);
WEFT_API ssize_t recvfrom(int fd, void* out, std::size_t size, int flags, ::sockaddr* from,
                          unsigned* from_size);
WEFT_API ssize_t recvmsg(int fd, ::msghdr* message, int flags);
WEFT_API int recvmmsg(int fd, ::mmsghdr* messages, unsigned count, int flags, ::timespec* timeout);
WEFT_API ssize_t send(int fd, const void* data, std::size_t size, int flags);
WEFT_API ssize_t sendto(int fd, const void* data, std::size_t size, int flags, const ::sockaddr* to,
                        unsigned to_size);
WEFT_API ssize_t sendmsg(int fd, const ::msghdr* message, int flags);
WEFT_API int sendmmsg(int fd, ::mmsghdr* messages, unsigned count, int flags);
// A UNIX socket whose listener's backlog is full tries again at growing intervals, at most 20 ms. A
// socket that another process may share (not made by socket() below since the last fork) is
// connected in a thread, which a cancelled task leaves behind.
WEFT_API int connect(int fd, const ::sockaddr* address, unsigned size);
WEFT_API int accept(int fd, ::sockaddr* address, unsigned* size);
WEFT_API int accept4(int fd, ::sockaddr* address, unsigned* size, int flags);
// These never wait. They are here because a descriptor that is known to be new is not asked about.
WEFT_API int socket(int domain, int type, int protocol);
WEFT_API int socketpair(int domain, int type, int protocol, int* fds);
WEFT_API int pipe(int* fds);
WEFT_API int pipe2(int* fds, int flags);

// --- waiting for several descriptors ---

WEFT_API int poll(::pollfd* fds, unsigned long count, int milliseconds);
// The mask: signals that it lets through are let through on this thread while the task waits.
WEFT_API int ppoll(::pollfd* fds, unsigned long count, const ::timespec* timeout,
                   const ::sigset_t* mask);
WEFT_API int select(int count, ::fd_set* to_read, ::fd_set* to_write, ::fd_set* to_except,
                    ::timeval* timeout);
WEFT_API int pselect(int count, ::fd_set* to_read, ::fd_set* to_write, ::fd_set* to_except,
                     const ::timespec* timeout, const ::sigset_t* mask);
WEFT_API int epoll_wait(int fd, ::epoll_event* events, int count, int milliseconds);
WEFT_API int epoll_pwait(int fd, ::epoll_event* events, int count, int milliseconds,
                         const ::sigset_t* mask);
WEFT_API int epoll_pwait2(int fd, ::epoll_event* events, int count, const ::timespec* timeout,
                          const ::sigset_t* mask);

// --- time ---

WEFT_API unsigned sleep(unsigned seconds);
WEFT_API int usleep(unsigned microseconds);
// Cancelled: `left` gets what was left.
WEFT_API int nanosleep(const ::timespec* time, ::timespec* left);
// Returns the error, as libc's does; ECANCELED too. A point of the wall clock follows the clock
// when that is set, within a second.
WEFT_API int clock_nanosleep(clockid_t clock, int flags, const ::timespec* time, ::timespec* left);

// --- descriptors ---

WEFT_API int close(int fd);
WEFT_API int close_range(unsigned first, unsigned last, int flags);
WEFT_API void closefrom(int first);
WEFT_API int dup(int fd);
WEFT_API int dup2(int from, int to);
WEFT_API int dup3(int from, int to, int flags);
// F_SETLKW and F_OFD_SETLKW wait as flock() does, all else is libc's call.
WEFT_API int fcntl(int fd, int command, ...);
// Opening a FIFO waits, in a thread, for the other end; a cancelled task leaves at once.
WEFT_API int open(const char* path, int flags, ...);
WEFT_API int openat(int directory, const char* path, int flags, ...);

// --- files ---
// fsync() and its like run in the loop's threads for files. A cancelled task leaves at once, and
// the call ends without it; from sendfile() to a file and copy_file_range() it does not leave
// before their end. Moving bytes to or from a socket, pipe or terminal waits like writing or
// reading it.

WEFT_API int fsync(int fd);
WEFT_API int fdatasync(int fd);
WEFT_API int syncfs(int fd);
WEFT_API void sync();
WEFT_API ssize_t sendfile(int out, int in, off_t* offset, std::size_t count);
WEFT_API ssize_t splice(int in, loff_t* in_offset, int out, loff_t* out_offset, std::size_t size,
                        unsigned flags);
WEFT_API ssize_t tee(int in, int out, std::size_t size, unsigned flags);
WEFT_API ssize_t vmsplice(int fd, const ::iovec* pieces, std::size_t count, unsigned flags);
WEFT_API ssize_t copy_file_range(int in, loff_t* in_offset, int out, loff_t* out_offset,
                                 std::size_t size, unsigned flags);

// --- locks and messages between processes ---
// What cannot be had at once is tried again at growing intervals, at most 20 ms: no thread is held,
// and nothing is lost by a cancel. Who waits longest does not necessarily get it first, and a
// circle of processes that wait for each other's F_SETLKW locks is not detected.

WEFT_API int flock(int fd, int operation);
WEFT_API int lockf(int fd, int command, off_t size);
WEFT_API ssize_t msgrcv(int queue, void* message, std::size_t size, long type, int flags);
WEFT_API int msgsnd(int queue, const void* message, std::size_t size, int flags);
WEFT_API int semop(int set, ::sembuf* operations, std::size_t count);
WEFT_API int semtimedop(int set, ::sembuf* operations, std::size_t count,
                        const ::timespec* timeout);
// POSIX message queues; a queue's descriptor is an int. They wake at once.
WEFT_API ssize_t mq_receive(int queue, char* message, std::size_t size, unsigned* priority);
WEFT_API ssize_t mq_timedreceive(int queue, char* message, std::size_t size, unsigned* priority,
                                 const ::timespec* until);
WEFT_API int mq_send(int queue, const char* message, std::size_t size, unsigned priority);
WEFT_API int mq_timedsend(int queue, const char* message, std::size_t size, unsigned priority,
                          const ::timespec* until);

// --- children ---
// The end of one child is told by the kernel at once. Waiting for any child, or for stopped ones,
// looks at growing intervals, at most 10 ms.

WEFT_API pid_t wait(int* status);
WEFT_API pid_t waitpid(pid_t pid, int* status, int options);
WEFT_API pid_t wait3(int* status, int options, ::rusage* usage);
WEFT_API pid_t wait4(pid_t pid, int* status, int options, ::rusage* usage);
WEFT_API int waitid(idtype_t type, id_t id, ::siginfo_t* info, int options);
// Cancelled: -1 with ECANCELED, and the command runs on.
WEFT_API int system(const char* command);
WEFT_API std::FILE* popen(const char* command, const char* mode);
// Not cancellable: waits for the end of the command in a thread.
WEFT_API int pclose(std::FILE* file);

// --- signals ---

// Until a signal handler of the program has run, which only weft-run can know; otherwise until the
// task is cancelled.
WEFT_API int pause();
WEFT_API int sigsuspend(const ::sigset_t* mask);
WEFT_API int sigwait(const ::sigset_t* set, int* signal);
WEFT_API int sigwaitinfo(const ::sigset_t* set, ::siginfo_t* info);
WEFT_API int sigtimedwait(const ::sigset_t* set, ::siginfo_t* info, const ::timespec* timeout);

// --- names: in the loop's threads for names; a cancelled task leaves at once ---

// Cancelled: EAI_SYSTEM, with errno ECANCELED.
WEFT_API int getaddrinfo(const char* host, const char* service, const ::addrinfo* hints,
                         ::addrinfo** result);
WEFT_API int getnameinfo(const ::sockaddr* address, unsigned size, char* host, unsigned host_size,
                         char* service, unsigned service_size, int flags);
// Where libc keeps the answer itself, there is one place for it a thread, which the next such call
// on this loop overwrites. Cancelled: no answer, with errno ECANCELED (h_errno NETDB_INTERNAL), or
// that as the result.
WEFT_API ::hostent* gethostbyname(const char* name);
WEFT_API ::hostent* gethostbyname2(const char* name, int family);
WEFT_API ::hostent* gethostbyaddr(const void* address, unsigned size, int family);
WEFT_API int gethostbyname_r(const char* name, ::hostent* out, char* buffer, std::size_t size,
                             ::hostent** result, int* error);
WEFT_API int gethostbyname2_r(const char* name, int family, ::hostent* out, char* buffer,
                              std::size_t size, ::hostent** result, int* error);
WEFT_API int gethostbyaddr_r(const void* address, unsigned address_size, int family, ::hostent* out,
                             char* buffer, std::size_t size, ::hostent** result, int* error);
WEFT_API ::passwd* getpwnam(const char* name);
WEFT_API ::passwd* getpwuid(uid_t user);
WEFT_API int getpwnam_r(const char* name, ::passwd* out, char* buffer, std::size_t size,
                        ::passwd** result);
WEFT_API int getpwuid_r(uid_t user, ::passwd* out, char* buffer, std::size_t size,
                        ::passwd** result);
WEFT_API ::group* getgrnam(const char* name);
WEFT_API ::group* getgrgid(gid_t group);
WEFT_API int getgrnam_r(const char* name, ::group* out, char* buffer, std::size_t size,
                        ::group** result);
WEFT_API int getgrgid_r(gid_t group, ::group* out, char* buffer, std::size_t size,
                        ::group** result);

} // namespace weft::posix
