// SPDX-License-Identifier: BSL-1.0
//
// Datagrams: messages that arrive whole or not at all, over UDP or a UNIX socket.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/endpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft {

namespace detail {
class datagram_core;
}

struct datagram_options {
    bool reuse_address = false; // several sockets receive what is sent to a group or broadcast
    bool reuse_port = false;    // several sockets share the port, each datagram goes to one
};

// Move-only; the destructor closes. Belongs to the loop it was opened on: another thread gets
// wrong_loop. Any number of tasks may send and receive at once; a datagram goes to one of them.
//
// Every blocking call is cancellable and then throws `cancelled`: a datagram that was not received
// yet stays for the next call, one that was not sent is not. A call that can be served at once does
// not switch. All of them throw not_in_task, no_running_loop, and std::system_error with the
// system's reason; EBADF when the socket is closed, also when another task closes it while this one
// waits. What the system says of a datagram sent before, such as ECONNREFUSED on a connected socket
// when nobody received it, is thrown by the next call, once; the socket goes on.
// asyncio.loop.create_datagram_endpoint.
class WEFT_API datagram_socket {
  public:
    datagram_socket() noexcept; // closed
    datagram_socket(datagram_socket&&) noexcept;
    datagram_socket& operator=(datagram_socket&&) noexcept;
    ~datagram_socket();

    // bind opens the socket, if it is closed, and receives at a host's address from then on: a
    // numeric one, "" for all there are (IPv6 and IPv4), or a name, then at the first of its
    // addresses that is this machine's; port 0: any free one. Blocks only where the host is a name.
    // Throws std::system_error naming the address, and what resolve() throws.
    void bind(std::string_view host, std::uint16_t port, const datagram_options& options = {});
    // The same without blocking; also for a UNIX socket's path, whose file stays when the socket is
    // closed.
    void bind(const endpoint& local, const datagram_options& options = {});

    // connect opens the socket, if it is closed; send() goes there from then on, and only what
    // comes from there is received. Of a name's addresses it takes the first to which there is a
    // way. Nothing is sent. Blocks and throws as bind does.
    void connect(std::string_view host, std::uint16_t port);
    void connect(const endpoint& remote);

    // send_to blocks until the system has taken the datagram, which may be empty, and returns its
    // size. That does not mean that it will arrive. Waits while the system is out of buffers
    // (ENOBUFS). EMSGSIZE: it is too long.
    std::size_t send_to(std::span<const std::byte> data, const endpoint& to);
    std::size_t send_to(std::string_view text, const endpoint& to);
    // To where the socket is connected; EDESTADDRREQ (a UNIX socket: ENOTCONN) when it is not.
    std::size_t send(std::span<const std::byte> data);
    std::size_t send(std::string_view text);

    // receive_from blocks until a datagram has come, puts it into `out` and returns its size, 0 for
    // an empty one, and its sender. EMSGSIZE when it is longer than `out`, which then holds its
    // beginning; the rest is lost, and the text says how long it was.
    std::pair<std::size_t, endpoint> receive_from(std::span<std::byte> out);
    // The same as a string of at most `most` bytes.
    std::pair<std::string, endpoint> receive_from(std::size_t most = longest);
    // Without the sender.
    std::size_t receive(std::span<std::byte> out);
    std::string receive(std::size_t most = longest);

    // The longest datagram that UDP has.
    static constexpr std::size_t longest = 65'535;

    // Receives what is sent to a group (a numeric multicast address), on an interface given by name
    // or number; "": one of the system's choice. std::invalid_argument when it is no address,
    // std::system_error when it is no group, ENODEV when there is no such interface.
    void join_multicast(std::string_view group, std::string_view interface = {});
    void leave_multicast(std::string_view group, std::string_view interface = {});
    // Where what is sent to groups leaves, and over how many routers it may go (1 to begin with).
    void set_multicast_interface(std::string_view interface);
    void set_multicast_hops(int hops);
    // Whether it may send to broadcast addresses; EACCES otherwise.
    void set_broadcast(bool allowed);

    // Throw std::system_error on a closed socket; ENOTCONN when it is not connected.
    endpoint local_endpoint() const;
    endpoint remote_endpoint() const;

    // The descriptor, still the socket's; -1 when closed. Do not close it.
    int native_handle() const noexcept;

    // Who waits gets std::system_error (EBADF). Does not block; closing again is fine. It may be
    // opened again by bind() or connect().
    void close() noexcept;

  private:
    detail::datagram_core& core(const char* call) const;
    bool is_open() const noexcept;
    void adopt(int fd);
    using system_call = int(int, const ::sockaddr*, unsigned);
    void open_at(const std::vector<endpoint>& candidates, system_call* verb,
                 const datagram_options* options, const char* call);

    detail::datagram_core* core_ = nullptr;
};

} // namespace weft
