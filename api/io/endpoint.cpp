// SPDX-License-Identifier: BSL-1.0
#include "api/io/names.hpp"

#include <weft/endpoint.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <sys/un.h>

namespace weft {

namespace {

template <class Address>
Address as(const unsigned char* storage) noexcept {
    Address a;
    std::memcpy(&a, storage, sizeof(a));
    return a;
}

std::string interface_name(unsigned number) {
    char name[IF_NAMESIZE] = "";
    return ::if_indextoname(number, name) != nullptr ? name : std::to_string(number);
}

} // namespace

namespace detail {

bool is_lack_of_way(int error_number) noexcept {
    return error_number == ENETUNREACH || error_number == EHOSTUNREACH ||
           error_number == EADDRNOTAVAIL || error_number == EAFNOSUPPORT;
}

unsigned interface_number(std::string_view name_or_number) {
    unsigned number = 0;
    const auto* const end = name_or_number.data() + name_or_number.size();
    const auto parsed = std::from_chars(name_or_number.data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end
               ? number
               : ::if_nametoindex(std::string(name_or_number).c_str());
}

std::optional<endpoint> numeric_endpoint(std::string_view host, std::uint16_t port) {
    const std::string text(host);
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (text.find('\0') != std::string::npos) {
        return std::nullopt; // inet_pton would look no further
    }
    if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return endpoint::from(reinterpret_cast<const ::sockaddr*>(&v4), sizeof(v4));
    }
    const std::size_t percent = std::min(text.find('%'), text.size());
    if (::inet_pton(AF_INET6, text.substr(0, percent).c_str(), &v6.sin6_addr) != 1) {
        return std::nullopt;
    }
    if (percent < text.size()) {
        v6.sin6_scope_id = interface_number(text.substr(percent + 1));
        if (v6.sin6_scope_id == 0) {
            return std::nullopt;
        }
    }
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return endpoint::from(reinterpret_cast<const ::sockaddr*>(&v6), sizeof(v6));
}

endpoint with_port(const endpoint& e, std::uint16_t port) noexcept {
    sockaddr_storage a{};
    std::memcpy(&a, e.data(), e.size());
    // sockaddr_in and sockaddr_in6 have it at the same place.
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    reinterpret_cast<sockaddr_in&>(a).sin_port = htons(port);
    return endpoint::from(reinterpret_cast<const ::sockaddr*>(&a), e.size());
}

} // namespace detail

static_assert(sizeof(sockaddr_un) <= 112 && sizeof(sockaddr_in6) <= 112);

endpoint::endpoint(std::string_view address, std::uint16_t port) {
    const auto numeric = detail::numeric_endpoint(address, port);
    if (!numeric) {
        throw std::invalid_argument(
            fmt::format("weft::endpoint: '{}' is not a numeric IPv4 or IPv6 address", address));
    }
    *this = *numeric;
}

endpoint endpoint::unix_socket(std::string_view path) {
    constexpr auto call = "weft::endpoint::unix_socket";
    sockaddr_un a{};
    const bool is_abstract = !path.empty() && path.front() == '\0';
    if (path.empty() || (!is_abstract && path.find('\0') != std::string_view::npos)) {
        throw std::invalid_argument(
            fmt::format("{}: '{}' is no path: it is empty or has a zero inside", call, path));
    }
    // The kernel wants a zero behind a path, and counts the characters of an abstract name.
    const std::size_t needed = path.size() + (is_abstract ? 0 : 1);
    if (needed > sizeof(a.sun_path)) {
        throw std::system_error(
            ENAMETOOLONG, std::system_category(),
            fmt::format("{}: '{}' is longer than the {} bytes that a UNIX socket's path may have",
                        call, path, sizeof(a.sun_path) - 1));
    }
    a.sun_family = AF_UNIX;
    path.copy(a.sun_path, path.size());
    const auto size = static_cast<std::uint32_t>(offsetof(sockaddr_un, sun_path) + needed);
    return from(reinterpret_cast<const ::sockaddr*>(&a), size);
}

endpoint endpoint::from(const ::sockaddr* address, std::uint32_t size) noexcept {
    endpoint e;
    e.size_ = std::min<std::uint32_t>(size, sizeof(e.storage_));
    std::memcpy(e.storage_, address, e.size_);
    return e;
}

const ::sockaddr* endpoint::data() const noexcept {
    return reinterpret_cast<const ::sockaddr*>(storage_);
}

std::string endpoint::address() const {
    char text[INET6_ADDRSTRLEN] = "";
    const auto family = size_ > 0 ? data()->sa_family : AF_UNSPEC;
    if (family == AF_INET) {
        const auto a = as<sockaddr_in>(storage_);
        inet_ntop(AF_INET, &a.sin_addr, text, sizeof(text));
    } else if (family == AF_INET6) {
        const auto a = as<sockaddr_in6>(storage_);
        inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text));
        if (a.sin6_scope_id != 0) {
            return fmt::format("{}%{}", text, interface_name(a.sin6_scope_id));
        }
    }
    return text;
}

std::uint16_t endpoint::port() const noexcept {
    switch (size_ > 0 ? data()->sa_family : AF_UNSPEC) {
    case AF_INET:
        return ntohs(as<sockaddr_in>(storage_).sin_port);
    case AF_INET6:
        return ntohs(as<sockaddr_in6>(storage_).sin6_port);
    default:
        return 0;
    }
}

std::string endpoint::path() const {
    constexpr auto before_path = static_cast<std::uint32_t>(offsetof(sockaddr_un, sun_path));
    if (size_ <= before_path || data()->sa_family != AF_UNIX) {
        return {};
    }
    const auto a = as<sockaddr_un>(storage_);
    // The kernel counts a zero behind a path that fills its place.
    const std::size_t longest = std::min<std::size_t>(size_ - before_path, sizeof(a.sun_path));
    if (a.sun_path[0] == '\0') {
        // The abstract namespace, written as ss does.
        return fmt::format("@{}", std::string_view(a.sun_path + 1, longest - 1));
    }
    return {a.sun_path, strnlen(a.sun_path, longest)};
}

std::string endpoint::to_string() const {
    if (size_ == 0) {
        return {};
    }
    if (data()->sa_family == AF_UNIX) {
        return path();
    }
    const bool v6 = data()->sa_family == AF_INET6;
    return v6 ? fmt::format("[{}]:{}", address(), port()) : fmt::format("{}:{}", address(), port());
}

} // namespace weft
