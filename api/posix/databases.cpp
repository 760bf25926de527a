// SPDX-License-Identifier: BSL-1.0
//
// Hosts, users and groups, by libc's older questions. The thread that asks has its own buffer, as
// large as the answer needs; the answer is copied to where the asker wants it.
#include "api/posix/entries.hpp"
#include "api/posix/pool_call.hpp"

#include <weft/posix.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <netdb.h>

namespace weft::posix {

using detail::may_suspend;
using detail::thread_use;

namespace {

constexpr std::size_t first_size = 1024;
constexpr std::size_t largest_size = std::size_t{16} * 1024 * 1024;

template <class Record>
struct answer {
    int result = 0; // as an _r function returns it
    int host_error = NETDB_INTERNAL;
    bool found = false;
    Record record{};
    std::vector<char> buffer; // what the record points into
};

// prepare() copies what is asked and returns the question(record, buffer, size, result,
// host_error), an _r function, which is asked with more room until it has enough.
template <class Record, class Prepare>
answer<Record> ask(const char* name, Prepare&& prepare) noexcept {
    answer<Record> none;
    none.result = -1;
    try {
        answer<Record> a = detail::call_in_pool(
            thread_use::names, name,
            [question = prepare()] {
                answer<Record> asked;
                for (std::size_t size = first_size;; size *= 2) {
                    asked.buffer.resize(size);
                    Record* found = nullptr;
                    asked.result = question(&asked.record, asked.buffer.data(), size, &found,
                                            &asked.host_error);
                    asked.found = found != nullptr;
                    if (asked.result != ERANGE || size >= largest_size) {
                        return asked;
                    }
                }
            },
            std::move(none));
        if (a.result == -1) {
            a.result = errno; // it was not asked
        }
        return a;
    } catch (const std::bad_alloc&) {
        answer<Record> a;
        a.result = ENOMEM;
        return a;
    }
}

// Into what the caller of an _r function has given. Returns what that returns.
template <class Record>
int hand_over(const answer<Record>& a, Record* out, char* buffer, std::size_t size,
              Record** result) noexcept {
    *result = nullptr;
    if (!a.found) {
        return a.result;
    }
    detail::record_buffer room(buffer, size);
    const Record copy = detail::copied(a.record, room);
    if (!room.fits()) {
        errno = ERANGE;
        return ERANGE;
    }
    *out = copy;
    *result = out;
    return 0;
}

// What libc keeps itself: here it is the thread's.
template <class Record>
Record* keep(answer<Record> a) noexcept {
    static thread_local std::unique_ptr<answer<Record>> kept;
    if (!a.found) {
        errno = a.result != 0 ? a.result : errno;
        return nullptr;
    }
    kept.reset(new (std::nothrow) answer<Record>(std::move(a)));
    if (kept == nullptr) {
        errno = ENOMEM;
        return nullptr;
    }
    return &kept->record;
}

hostent* keep_host(answer<hostent> a) noexcept {
    h_errno = a.found ? NETDB_SUCCESS : a.host_error;
    return keep(std::move(a));
}

int hand_over_host(const answer<hostent>& a, hostent* out, char* buffer, std::size_t size,
                   hostent** result, int* error) noexcept {
    const int r = hand_over(a, out, buffer, size, result);
    *error = a.found && r != 0 ? NETDB_INTERNAL : a.found ? NETDB_SUCCESS : a.host_error;
    return r;
}

answer<hostent> ask_host(const char* call, const char* name, int family) noexcept {
    return ask<hostent>(call, [=] {
        return [name = std::string(name), family](hostent* out, char* buffer, std::size_t size,
                                                  hostent** result, int* error) {
            return family == AF_UNSPEC
                       ? ::gethostbyname_r(name.c_str(), out, buffer, size, result, error)
                       : ::gethostbyname2_r(name.c_str(), family, out, buffer, size, result, error);
        };
    });
}

answer<hostent> ask_host_of(const char* call, const void* address, unsigned length,
                            int family) noexcept {
    return ask<hostent>(call, [=] {
        return [bytes = std::string(static_cast<const char*>(address), length), family](
                   hostent* out, char* buffer, std::size_t size, hostent** result, int* error) {
            return ::gethostbyaddr_r(bytes.data(), static_cast<socklen_t>(bytes.size()), family,
                                     out, buffer, size, result, error);
        };
    });
}

// The others: function(key, record, buffer, size, result), with a name or a number as the key.
template <class Record, class Function>
answer<Record> ask_by(const char* call, Function* function, const char* name) noexcept {
    return ask<Record>(call, [=] {
        return [function, name = std::string(name)](Record* out, char* buffer, std::size_t size,
                                                    Record** result, int*) {
            return function(name.c_str(), out, buffer, size, result);
        };
    });
}

template <class Record, class Function>
answer<Record> ask_by(const char* call, Function* function, unsigned number) noexcept {
    return ask<Record>(call, [=] {
        return [=](Record* out, char* buffer, std::size_t size, Record** result, int*) {
            return function(number, out, buffer, size, result);
        };
    });
}

} // namespace

// --- hosts ---

::hostent* gethostbyname(const char* name) {
    return may_suspend() ? keep_host(ask_host("gethostbyname", name, AF_UNSPEC))
                         : ::gethostbyname(name);
}

::hostent* gethostbyname2(const char* name, int family) {
    return may_suspend() ? keep_host(ask_host("gethostbyname2", name, family))
                         : ::gethostbyname2(name, family);
}

::hostent* gethostbyaddr(const void* address, unsigned size, int family) {
    return may_suspend() ? keep_host(ask_host_of("gethostbyaddr", address, size, family))
                         : ::gethostbyaddr(address, size, family);
}

int gethostbyname_r(const char* name, ::hostent* out, char* buffer, std::size_t size,
                    ::hostent** result, int* error) {
    return may_suspend() ? hand_over_host(ask_host("gethostbyname_r", name, AF_UNSPEC), out, buffer,
                                          size, result, error)
                         : ::gethostbyname_r(name, out, buffer, size, result, error);
}

int gethostbyname2_r(const char* name, int family, ::hostent* out, char* buffer, std::size_t size,
                     ::hostent** result, int* error) {
    return may_suspend() ? hand_over_host(ask_host("gethostbyname2_r", name, family), out, buffer,
                                          size, result, error)
                         : ::gethostbyname2_r(name, family, out, buffer, size, result, error);
}

int gethostbyaddr_r(const void* address, unsigned address_size, int family, ::hostent* out,
                    char* buffer, std::size_t size, ::hostent** result, int* error) {
    return may_suspend()
               ? hand_over_host(ask_host_of("gethostbyaddr_r", address, address_size, family), out,
                                buffer, size, result, error)
               : ::gethostbyaddr_r(address, address_size, family, out, buffer, size, result, error);
}

// --- users and groups ---

::passwd* getpwnam(const char* name) {
    return may_suspend() ? keep(ask_by<passwd>("getpwnam", &::getpwnam_r, name)) : ::getpwnam(name);
}

::passwd* getpwuid(uid_t user) {
    return may_suspend() ? keep(ask_by<passwd>("getpwuid", &::getpwuid_r, user)) : ::getpwuid(user);
}

int getpwnam_r(const char* name, ::passwd* out, char* buffer, std::size_t size, ::passwd** result) {
    return may_suspend() ? hand_over(ask_by<passwd>("getpwnam_r", &::getpwnam_r, name), out, buffer,
                                     size, result)
                         : ::getpwnam_r(name, out, buffer, size, result);
}

int getpwuid_r(uid_t user, ::passwd* out, char* buffer, std::size_t size, ::passwd** result) {
    return may_suspend() ? hand_over(ask_by<passwd>("getpwuid_r", &::getpwuid_r, user), out, buffer,
                                     size, result)
                         : ::getpwuid_r(user, out, buffer, size, result);
}

::group* getgrnam(const char* name) {
    return may_suspend() ? keep(ask_by<::group>("getgrnam", &::getgrnam_r, name))
                         : ::getgrnam(name);
}

::group* getgrgid(gid_t group) {
    return may_suspend() ? keep(ask_by<::group>("getgrgid", &::getgrgid_r, group))
                         : ::getgrgid(group);
}

int getgrnam_r(const char* name, ::group* out, char* buffer, std::size_t size, ::group** result) {
    return may_suspend() ? hand_over(ask_by<::group>("getgrnam_r", &::getgrnam_r, name), out,
                                     buffer, size, result)
                         : ::getgrnam_r(name, out, buffer, size, result);
}

int getgrgid_r(gid_t group, ::group* out, char* buffer, std::size_t size, ::group** result) {
    return may_suspend() ? hand_over(ask_by<::group>("getgrgid_r", &::getgrgid_r, group), out,
                                     buffer, size, result)
                         : ::getgrgid_r(group, out, buffer, size, result);
}

} // namespace weft::posix
