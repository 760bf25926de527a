// SPDX-License-Identifier: BSL-1.0
#include <weft/endpoint.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>

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

} // namespace

static_assert(sizeof(sockaddr_un) <= 112 && sizeof(sockaddr_in6) <= 112);

endpoint::endpoint(std::string_view address, std::uint16_t port) {
    const std::string text(address);
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    const bool is_text = text.find('\0') == std::string::npos; // inet_pton would look no further
    if (is_text && inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        *this = from(reinterpret_cast<const ::sockaddr*>(&v4), sizeof(v4));
    } else if (is_text && inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        *this = from(reinterpret_cast<const ::sockaddr*>(&v6), sizeof(v6));
    } else {
        throw std::invalid_argument(
            fmt::format("weft::endpoint: '{}' is not a numeric IPv4 or IPv6 address", text));
    }
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
