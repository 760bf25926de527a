// SPDX-License-Identifier: BSL-1.0
//
// One end of a connection: an IP address and port, or a UNIX socket's path.
#pragma once

#include <weft/detail/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr;

namespace weft {

// A value: copying is cheap, no call blocks, any thread may use it.
class WEFT_API endpoint {
  public:
    endpoint() noexcept = default;

    // From a numeric IPv4 or IPv6 address, the latter perhaps with an interface ("fe80::1%eth0").
    // Throws std::invalid_argument for anything else.
    endpoint(std::string_view address, std::uint16_t port);

    // Of a UNIX socket; a path that begins with '\0' is a name in the abstract namespace. Throws
    // std::system_error (ENAMETOOLONG), std::invalid_argument for an empty path or one with a zero
    // inside.
    static endpoint unix_socket(std::string_view path);

    // The address in its usual notation, "127.0.0.1" or "::1"; empty for a UNIX socket.
    std::string address() const;
    std::uint16_t port() const noexcept;
    // A UNIX socket's path, "@name" for one in the abstract namespace; empty otherwise, and for an
    // unnamed one.
    std::string path() const;
    // "127.0.0.1:80", "[::1]:80" or the path.
    std::string to_string() const;

    friend bool operator==(const endpoint& a, const endpoint& b) noexcept {
        return a.bytes() == b.bytes();
    }

    // The C view, for passing to system calls.
    const ::sockaddr* data() const noexcept;
    std::uint32_t size() const noexcept { return size_; }
    // From what a system call has filled in.
    static endpoint from(const ::sockaddr* address, std::uint32_t size) noexcept;

  private:
    std::string_view bytes() const noexcept {
        return {reinterpret_cast<const char*>(storage_), size_};
    }
    // Large enough for sockaddr_un, the longest of the three.
    alignas(8) unsigned char storage_[112] = {};
    std::uint32_t size_ = 0;
};

} // namespace weft
