// SPDX-License-Identifier: BSL-1.0
//
// A datagram socket's inside: one system call for each datagram, tried first, repeated when the
// descriptor is ready.
#pragma once

#include "api/io/descriptor.hpp"
#include "api/io/socket_calls.hpp"

#include <weft/endpoint.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace weft::detail {

class datagram_core final : public descriptor {
  public:
    // Takes over an open, non-blocking socket.
    static datagram_core* open(loop_core& loop, int fd) { return new datagram_core(loop, fd); }

    // `to`: null for where the socket is connected.
    std::size_t send(std::span<const std::byte> data, const endpoint* to, const char* call);
    // Sets *from unless it is null.
    std::size_t receive(std::span<char> out, endpoint* from, const char* call);

    // IPv4 or IPv6, as the socket was opened, or AF_UNIX.
    int family() const noexcept;
    void set(int level, int option, const void* value, std::size_t size, const char* call) const;
    endpoint ask(endpoint_question* question, const char* call) const;

  private:
    using descriptor::descriptor;
    void wait_for_room(int why, const endpoint* to, fibers::clock::duration& pause,
                       const char* call);
};

} // namespace weft::detail
