// SPDX-License-Identifier: BSL-1.0
//
// What weft::posix has not got yet is libc's for now.
#include "interpose/real.hpp"

#include <weft/posix.hpp>

#include <cstdarg>

#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/uio.h>
namespace weft::posix {
[[gnu::weak]] int epoll_wait(int fd, ::epoll_event* events, int count, int milliseconds) {
    return interpose::original<"epoll_wait", int(int fd, ::epoll_event* events, int count,
                                                 int milliseconds)>::call(fd, events, count,
                                                                          milliseconds);
}
[[gnu::weak]] int getgrgid_r(gid_t group, ::group* out, char* buffer, std::size_t size,
                             ::group** result) {
    return interpose::original<"getgrgid_r", int(gid_t group, ::group * out, char* buffer,
                                                 std::size_t size, ::group** result)>::call(group,
                                                                                            out,
                                                                                            buffer,
                                                                                            size,
                                                                                            result);
}
[[gnu::weak]] int getgrnam_r(const char* name, ::group* out, char* buffer, std::size_t size,
                             ::group** result) {
    return interpose::original<"getgrnam_r", int(const char* name, ::group* out, char* buffer,
                                                 std::size_t size, ::group** result)>::call(name,
                                                                                            out,
                                                                                            buffer,
                                                                                            size,
                                                                                            result);
}
[[gnu::weak]] int getpwnam_r(const char* name, ::passwd* out, char* buffer, std::size_t size,
                             ::passwd** result) {
    return interpose::original<"getpwnam_r",
                               int(const char* name, ::passwd* out, char* buffer, std::size_t size,
                                   ::passwd** result)>::call(name, out, buffer, size, result);
}
[[gnu::weak]] int getpwuid_r(uid_t user, ::passwd* out, char* buffer, std::size_t size,
                             ::passwd** result) {
    return interpose::original<"getpwuid_r",
                               int(uid_t user, ::passwd * out, char* buffer, std::size_t size,
                                   ::passwd** result)>::call(user, out, buffer, size, result);
}
[[gnu::weak]] ssize_t mq_receive(int queue, char* message, std::size_t size, unsigned* priority) {
    return interpose::original<"mq_receive", ssize_t(int queue, char* message, std::size_t size,
                                                     unsigned* priority)>::call(queue, message,
                                                                                size, priority);
}
[[gnu::weak]] int semtimedop(int set, ::sembuf* operations, std::size_t count,
                             const ::timespec* timeout) {
    return interpose::original<"semtimedop", int(int set, ::sembuf* operations, std::size_t count,
                                                 const ::timespec* timeout)>::call(set, operations,
                                                                                   count, timeout);
}
[[gnu::weak]] int sigsuspend(const ::sigset_t* mask) {
    return interpose::original<"sigsuspend", int(const ::sigset_t* mask)>::call(mask);
}
[[gnu::weak]] int epoll_pwait(int fd, ::epoll_event* events, int count, int milliseconds,
                              const ::sigset_t* mask) {
    return interpose::original<"epoll_pwait",
                               int(int fd, ::epoll_event* events, int count, int milliseconds,
                                   const ::sigset_t* mask)>::call(fd, events, count, milliseconds,
                                                                  mask);
}
[[gnu::weak]] int getaddrinfo(const char* host, const char* service, const ::addrinfo* hints,
                              ::addrinfo** result) {
    return interpose::original<"getaddrinfo",
                               int(const char* host, const char* service, const ::addrinfo* hints,
                                   ::addrinfo** result)>::call(host, service, hints, result);
}
[[gnu::weak]] int getnameinfo(const ::sockaddr* address, unsigned size, char* host,
                              unsigned host_size, char* service, unsigned service_size, int flags) {
    return interpose::original<
        "getnameinfo", int(const ::sockaddr* address, unsigned size, char* host, unsigned host_size,
                           char* service, unsigned service_size, int flags)>::call(address, size,
                                                                                   host, host_size,
                                                                                   service,
                                                                                   service_size,
                                                                                   flags);
}
[[gnu::weak]] int sigwaitinfo(const ::sigset_t* set, ::siginfo_t* info) {
    return interpose::original<"sigwaitinfo", int(const ::sigset_t* set, ::siginfo_t* info)>::call(
        set, info);
}
[[gnu::weak]] int epoll_pwait2(int fd, ::epoll_event* events, int count, const ::timespec* timeout,
                               const ::sigset_t* mask) {
    return interpose::original<"epoll_pwait2", int(int fd, ::epoll_event* events, int count,
                                                   const ::timespec* timeout,
                                                   const ::sigset_t* mask)>::call(fd, events, count,
                                                                                  timeout, mask);
}
[[gnu::weak]] int mq_timedsend(int queue, const char* message, std::size_t size, unsigned priority,
                               const ::timespec* until) {
    return interpose::original<
        "mq_timedsend", int(int queue, const char* message, std::size_t size, unsigned priority,
                            const ::timespec* until)>::call(queue, message, size, priority, until);
}
[[gnu::weak]] int sigtimedwait(const ::sigset_t* set, ::siginfo_t* info,
                               const ::timespec* timeout) {
    return interpose::original<"sigtimedwait", int(const ::sigset_t* set, ::siginfo_t* info,
                                                   const ::timespec* timeout)>::call(set, info,
                                                                                     timeout);
}
[[gnu::weak]] ::hostent* gethostbyaddr(const void* address, unsigned size, int family) {
    return interpose::original<"gethostbyaddr", ::hostent*(const void* address, unsigned size,
                                                           int family)>::call(address, size,
                                                                              family);
}
[[gnu::weak]] ::hostent* gethostbyname(const char* name) {
    return interpose::original<"gethostbyname", ::hostent*(const char* name)>::call(name);
}
[[gnu::weak]] ::hostent* gethostbyname2(const char* name, int family) {
    return interpose::original<"gethostbyname2", ::hostent*(const char* name, int family)>::call(
        name, family);
}
[[gnu::weak]] ssize_t copy_file_range(int in, loff_t* in_offset, int out, loff_t* out_offset,
                                      std::size_t size, unsigned flags) {
    return interpose::original<"copy_file_range",
                               ssize_t(int in, loff_t* in_offset, int out, loff_t* out_offset,
                                       std::size_t size, unsigned flags)>::call(in, in_offset, out,
                                                                                out_offset, size,
                                                                                flags);
}
[[gnu::weak]] int gethostbyaddr_r(const void* address, unsigned address_size, int family,
                                  ::hostent* out, char* buffer, std::size_t size,
                                  ::hostent** result, int* error) {
    return interpose::original<"gethostbyaddr_r",
                               int(const void* address, unsigned address_size, int family,
                                   ::hostent* out, char* buffer, std::size_t size,
                                   ::hostent** result, int* error)>::call(address, address_size,
                                                                          family, out, buffer, size,
                                                                          result, error);
}
[[gnu::weak]] int gethostbyname_r(const char* name, ::hostent* out, char* buffer, std::size_t size,
                                  ::hostent** result, int* error) {
    return interpose::original<"gethostbyname_r",
                               int(const char* name, ::hostent* out, char* buffer, std::size_t size,
                                   ::hostent** result, int* error)>::call(name, out, buffer, size,
                                                                          result, error);
}
[[gnu::weak]] ssize_t mq_timedreceive(int queue, char* message, std::size_t size,
                                      unsigned* priority, const ::timespec* until) {
    return interpose::original<
        "mq_timedreceive", ssize_t(int queue, char* message, std::size_t size, unsigned* priority,
                                   const ::timespec* until)>::call(queue, message, size, priority,
                                                                   until);
}
[[gnu::weak]] int gethostbyname2_r(const char* name, int family, ::hostent* out, char* buffer,
                                   std::size_t size, ::hostent** result, int* error) {
    return interpose::original<"gethostbyname2_r",
                               int(const char* name, int family, ::hostent* out, char* buffer,
                                   std::size_t size, ::hostent** result, int* error)>::call(name,
                                                                                            family,
                                                                                            out,
                                                                                            buffer,
                                                                                            size,
                                                                                            result,
                                                                                            error);
}
[[gnu::weak]] ssize_t tee(int in, int out, std::size_t size, unsigned flags) {
    return interpose::original<"tee", ssize_t(int in, int out, std::size_t size,
                                              unsigned flags)>::call(in, out, size, flags);
}
[[gnu::weak]] int open(const char* path, int flags, ...) {
    std::va_list l;
    va_start(l, flags);
    void* a = va_arg(l, void*);
    va_end(l);
    return interpose::original<"open", int(const char* path, int flags, void*)>::call(path, flags,
                                                                                      a);
}
[[gnu::weak]] int poll(::pollfd* fds, unsigned long count, int milliseconds) {
    return interpose::original<"poll", int(::pollfd * fds, unsigned long count,
                                           int milliseconds)>::call(fds, count, milliseconds);
}
[[gnu::weak]] void sync() {
    return interpose::original<"sync", void()>::call();
}
[[gnu::weak]] pid_t wait(int* status) {
    return interpose::original<"wait", pid_t(int* status)>::call(status);
}
[[gnu::weak]] int fcntl(int fd, int command, ...) {
    std::va_list l;
    va_start(l, command);
    void* a = va_arg(l, void*);
    va_end(l);
    return interpose::original<"fcntl", int(int fd, int command, void*)>::call(fd, command, a);
}
[[gnu::weak]] int flock(int fd, int operation) {
    return interpose::original<"flock", int(int fd, int operation)>::call(fd, operation);
}
[[gnu::weak]] int fsync(int fd) {
    return interpose::original<"fsync", int(int fd)>::call(fd);
}
[[gnu::weak]] int lockf(int fd, int command, off_t size) {
    return interpose::original<"lockf", int(int fd, int command, off_t size)>::call(fd, command,
                                                                                    size);
}
[[gnu::weak]] int pause() {
    return interpose::original<"pause", int()>::call();
}
[[gnu::weak]] std::FILE* popen(const char* command, const char* mode) {
    return interpose::original<"popen", std::FILE*(const char* command, const char* mode)>::call(
        command, mode);
}
[[gnu::weak]] int ppoll(::pollfd* fds, unsigned long count, const ::timespec* timeout,
                        const ::sigset_t* mask) {
    return interpose::original<"ppoll",
                               int(::pollfd * fds, unsigned long count, const ::timespec* timeout,
                                   const ::sigset_t* mask)>::call(fds, count, timeout, mask);
}
[[gnu::weak]] int semop(int set, ::sembuf* operations, std::size_t count) {
    return interpose::original<"semop", int(int set, ::sembuf* operations,
                                            std::size_t count)>::call(set, operations, count);
}
[[gnu::weak]] pid_t wait3(int* status, int options, ::rusage* usage) {
    return interpose::original<"wait3", pid_t(int* status, int options, ::rusage* usage)>::call(
        status, options, usage);
}
[[gnu::weak]] pid_t wait4(pid_t pid, int* status, int options, ::rusage* usage) {
    return interpose::original<"wait4", pid_t(pid_t pid, int* status, int options,
                                              ::rusage* usage)>::call(pid, status, options, usage);
}
[[gnu::weak]] int accept(int fd, ::sockaddr* address, unsigned* size) {
    return interpose::original<"accept", int(int fd, ::sockaddr* address, unsigned* size)>::call(
        fd, address, size);
}
[[gnu::weak]] ssize_t msgrcv(int queue, void* message, std::size_t size, long type, int flags) {
    return interpose::original<"msgrcv", ssize_t(int queue, void* message, std::size_t size,
                                                 long type, int flags)>::call(queue, message, size,
                                                                              type, flags);
}
[[gnu::weak]] int msgsnd(int queue, const void* message, std::size_t size, int flags) {
    return interpose::original<"msgsnd", int(int queue, const void* message, std::size_t size,
                                             int flags)>::call(queue, message, size, flags);
}
[[gnu::weak]] int openat(int directory, const char* path, int flags, ...) {
    std::va_list l;
    va_start(l, flags);
    void* a = va_arg(l, void*);
    va_end(l);
    return interpose::original<"openat", int(int directory, const char* path, int flags,
                                             void*)>::call(directory, path, flags, a);
}
[[gnu::weak]] int pclose(std::FILE* file) {
    return interpose::original<"pclose", int(std::FILE * file)>::call(file);
}
[[gnu::weak]] int select(int count, ::fd_set* to_read, ::fd_set* to_write, ::fd_set* to_except,
                         ::timeval* timeout) {
    return interpose::original<"select", int(int count, ::fd_set* to_read, ::fd_set* to_write,
                                             ::fd_set* to_except,
                                             ::timeval* timeout)>::call(count, to_read, to_write,
                                                                        to_except, timeout);
}
[[gnu::weak]] ssize_t splice(int in, loff_t* in_offset, int out, loff_t* out_offset,
                             std::size_t size, unsigned flags) {
    return interpose::original<"splice", ssize_t(int in, loff_t* in_offset, int out,
                                                 loff_t* out_offset, std::size_t size,
                                                 unsigned flags)>::call(in, in_offset, out,
                                                                        out_offset, size, flags);
}
[[gnu::weak]] int syncfs(int fd) {
    return interpose::original<"syncfs", int(int fd)>::call(fd);
}
[[gnu::weak]] int system(const char* command) {
    return interpose::original<"system", int(const char* command)>::call(command);
}
[[gnu::weak]] int waitid(idtype_t type, id_t id, ::siginfo_t* info, int options) {
    return interpose::original<"waitid", int(idtype_t type, id_t id, ::siginfo_t * info,
                                             int options)>::call(type, id, info, options);
}
[[gnu::weak]] int accept4(int fd, ::sockaddr* address, unsigned* size, int flags) {
    return interpose::original<"accept4", int(int fd, ::sockaddr* address, unsigned* size,
                                              int flags)>::call(fd, address, size, flags);
}
[[gnu::weak]] int connect(int fd, const ::sockaddr* address, unsigned size) {
    return interpose::original<"connect", int(int fd, const ::sockaddr* address,
                                              unsigned size)>::call(fd, address, size);
}
[[gnu::weak]] int mq_send(int queue, const char* message, std::size_t size, unsigned priority) {
    return interpose::original<"mq_send", int(int queue, const char* message, std::size_t size,
                                              unsigned priority)>::call(queue, message, size,
                                                                        priority);
}
[[gnu::weak]] int pselect(int count, ::fd_set* to_read, ::fd_set* to_write, ::fd_set* to_except,
                          const ::timespec* timeout, const ::sigset_t* mask) {
    return interpose::original<"pselect", int(int count, ::fd_set* to_read, ::fd_set* to_write,
                                              ::fd_set* to_except, const ::timespec* timeout,
                                              const ::sigset_t* mask)>::call(count, to_read,
                                                                             to_write, to_except,
                                                                             timeout, mask);
}
[[gnu::weak]] int sigwait(const ::sigset_t* set, int* signal) {
    return interpose::original<"sigwait", int(const ::sigset_t* set, int* signal)>::call(set,
                                                                                         signal);
}
[[gnu::weak]] pid_t waitpid(pid_t pid, int* status, int options) {
    return interpose::original<"waitpid", pid_t(pid_t pid, int* status, int options)>::call(
        pid, status, options);
}
[[gnu::weak]] ::group* getgrgid(gid_t group) {
    return interpose::original<"getgrgid", ::group*(gid_t group)>::call(group);
}
[[gnu::weak]] ::group* getgrnam(const char* name) {
    return interpose::original<"getgrnam", ::group*(const char* name)>::call(name);
}
[[gnu::weak]] ::passwd* getpwnam(const char* name) {
    return interpose::original<"getpwnam", ::passwd*(const char* name)>::call(name);
}
[[gnu::weak]] ::passwd* getpwuid(uid_t user) {
    return interpose::original<"getpwuid", ::passwd*(uid_t user)>::call(user);
}
[[gnu::weak]] ssize_t sendfile(int out, int in, off_t* offset, std::size_t count) {
    return interpose::original<"sendfile", ssize_t(int out, int in, off_t* offset,
                                                   std::size_t count)>::call(out, in, offset,
                                                                             count);
}
[[gnu::weak]] ssize_t vmsplice(int fd, const ::iovec* pieces, std::size_t count, unsigned flags) {
    return interpose::original<"vmsplice", ssize_t(int fd, const ::iovec* pieces, std::size_t count,
                                                   unsigned flags)>::call(fd, pieces, count, flags);
}
[[gnu::weak]] int fdatasync(int fd) {
    return interpose::original<"fdatasync", int(int fd)>::call(fd);
}
} // namespace weft::posix
