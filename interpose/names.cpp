// SPDX-License-Identifier: BSL-1.0
//
// Names of hosts, users and groups, which libc asks for over the network.
#include "interpose/hook.hpp"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/socket.h>

using std::size_t;

WEFT_HOOK(in_thread, int, getaddrinfo, getaddrinfo,
          (const char* host, const char* service, const addrinfo* hints, addrinfo** result),
          (host, service, hints, result))
WEFT_HOOK(in_thread, int, getnameinfo, getnameinfo,
          (const sockaddr* address, socklen_t size, char* host, socklen_t host_size, char* service,
           socklen_t service_size, int flags),
          (address, size, host, host_size, service, service_size, flags))
WEFT_HOOK(in_thread, hostent*, gethostbyname, gethostbyname, (const char* name), (name))
WEFT_HOOK(in_thread, hostent*, gethostbyname2, gethostbyname2, (const char* name, int family),
          (name, family))
WEFT_HOOK(in_thread, hostent*, gethostbyaddr, gethostbyaddr,
          (const void* address, socklen_t size, int family), (address, size, family))
WEFT_HOOK(in_thread, int, gethostbyname_r, gethostbyname_r,
          (const char* name, hostent* out, char* buffer, size_t size, hostent** result, int* error),
          (name, out, buffer, size, result, error))
WEFT_HOOK(in_thread, int, gethostbyname2_r, gethostbyname2_r,
          (const char* name, int family, hostent* out, char* buffer, size_t size, hostent** result,
           int* error),
          (name, family, out, buffer, size, result, error))
WEFT_HOOK(in_thread, int, gethostbyaddr_r, gethostbyaddr_r,
          (const void* address, socklen_t address_size, int family, hostent* out, char* buffer,
           size_t size, hostent** result, int* error),
          (address, address_size, family, out, buffer, size, result, error))

WEFT_HOOK(in_thread, passwd*, getpwnam, getpwnam, (const char* name), (name))
WEFT_HOOK(in_thread, passwd*, getpwuid, getpwuid, (uid_t user), (user))
WEFT_HOOK(in_thread, int, getpwnam_r, getpwnam_r,
          (const char* name, passwd* out, char* buffer, size_t size, passwd** result),
          (name, out, buffer, size, result))
WEFT_HOOK(in_thread, int, getpwuid_r, getpwuid_r,
          (uid_t user, passwd* out, char* buffer, size_t size, passwd** result),
          (user, out, buffer, size, result))
WEFT_HOOK(in_thread, group*, getgrnam, getgrnam, (const char* name), (name))
WEFT_HOOK(in_thread, group*, getgrgid, getgrgid, (gid_t id), (id))
WEFT_HOOK(in_thread, int, getgrnam_r, getgrnam_r,
          (const char* name, group* out, char* buffer, size_t size, group** result),
          (name, out, buffer, size, result))
WEFT_HOOK(in_thread, int, getgrgid_r, getgrgid_r,
          (gid_t id, group* out, char* buffer, size_t size, group** result),
          (id, out, buffer, size, result))
