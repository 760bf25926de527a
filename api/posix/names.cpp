// SPDX-License-Identifier: BSL-1.0
//
// Questions to the resolver: they read files, wait for servers and want large stacks, so each goes
// to a thread for names, with copies of what it asks.
#include "api/posix/pool_call.hpp"

#include <weft/posix.hpp>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include <netdb.h>
#include <sys/socket.h>

namespace weft::posix {

using detail::may_suspend;
using detail::thread_use;

namespace {

std::optional<std::string> copy_of(const char* text) {
    return text != nullptr ? std::optional<std::string>(text) : std::nullopt;
}

const char* text_of(const std::optional<std::string>& s) noexcept {
    return s ? s->c_str() : nullptr;
}

struct free_addresses {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

struct addresses {
    int result = EAI_SYSTEM;
    std::unique_ptr<addrinfo, free_addresses> list; // of a task that has left: freed in the thread
};

struct name_of_address {
    int result = EAI_SYSTEM;
    std::string host;
    std::string service;
};

} // namespace

int getaddrinfo(const char* host, const char* service, const ::addrinfo* hints,
                ::addrinfo** result) {
    if (!may_suspend()) {
        return ::getaddrinfo(host, service, hints, result);
    }
    try {
        addrinfo wanted{};
        if (hints != nullptr) {
            wanted = *hints;
        }
        addresses found = detail::call_in_pool(
            thread_use::names, "getaddrinfo",
            [host = copy_of(host), service = copy_of(service), wanted, hinted = hints != nullptr] {
                addresses a;
                addrinfo* list = nullptr;
                a.result = ::getaddrinfo(text_of(host), text_of(service),
                                         hinted ? &wanted : nullptr, &list);
                a.list.reset(a.result == 0 ? list : nullptr);
                return a;
            },
            addresses{});
        if (found.result == 0) {
            *result = found.list.release();
        }
        return found.result;
    } catch (const std::bad_alloc&) {
        return EAI_MEMORY;
    }
}

int getnameinfo(const ::sockaddr* address, unsigned size, char* host, unsigned host_size,
                char* service, unsigned service_size, int flags) {
    if (!may_suspend()) {
        return ::getnameinfo(address, size, host, host_size, service, service_size, flags);
    }
    try {
        const std::string bytes(reinterpret_cast<const char*>(address), size);
        const unsigned host_room = host != nullptr ? host_size : 0;
        const unsigned service_room = service != nullptr ? service_size : 0;
        const name_of_address found = detail::call_in_pool(
            thread_use::names, "getnameinfo",
            [bytes, host_room, service_room, flags] {
                name_of_address n;
                n.host.resize(host_room);
                n.service.resize(service_room);
                sockaddr_storage from{};
                std::memcpy(&from, bytes.data(), std::min(bytes.size(), sizeof(from)));
                n.result = ::getnameinfo(
                    reinterpret_cast<const sockaddr*>(&from), static_cast<socklen_t>(bytes.size()),
                    host_room > 0 ? n.host.data() : nullptr, host_room,
                    service_room > 0 ? n.service.data() : nullptr, service_room, flags);
                return n;
            },
            name_of_address{});
        if (found.result == 0) {
            if (host_room > 0) {
                std::strcpy(host, found.host.c_str());
            }
            if (service_room > 0) {
                std::strcpy(service, found.service.c_str());
            }
        }
        return found.result;
    } catch (const std::bad_alloc&) {
        return EAI_MEMORY;
    }
}

} // namespace weft::posix
