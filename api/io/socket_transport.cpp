// SPDX-License-Identifier: BSL-1.0
#include "api/io/socket_transport.hpp"

#include "api/loop_core.hpp"

#include <sys/socket.h>

namespace weft::detail {

namespace {

class over_socket final : public transport {
  public:
    attempt receive(descriptor& d, std::span<char> out, const char*) override {
        for (;;) {
            const ssize_t n = ::recv(d.fd(), out.data(), out.size(), MSG_DONTWAIT);
            if (n >= 0) {
                // Less than there was room for: the socket is empty now.
                return {.bytes = n, .drained = static_cast<std::size_t>(n) < out.size()};
            }
            if (errno == EAGAIN) {
                return {.bytes = -EAGAIN, .drained = true};
            }
            if (errno != EINTR) {
                return attempt::failed(errno);
            }
        }
    }

    attempt send(descriptor& d, std::span<const iovec> pieces, const char*) override {
        constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(pieces.data());
        message.msg_iovlen = pieces.size();
        for (;;) {
            const ssize_t n = pieces.size() == 1
                                  ? ::send(d.fd(), pieces[0].iov_base, pieces[0].iov_len, flags)
                                  : ::sendmsg(d.fd(), &message, flags);
            if (n >= 0) {
                return {n};
            }
            if (errno == EAGAIN) {
                return attempt::again(reactor::direction::write);
            }
            if (errno != EINTR) {
                return attempt::failed(errno);
            }
        }
    }

    attempt end_sending(descriptor& d, const char*) override {
        if (::shutdown(d.fd(), SHUT_WR) != 0) {
            return attempt::failed(errno);
        }
        // A task that waits for room gets EPIPE; of a UNIX socket the kernel would not tell it.
        d.loop().descriptors().look_again(d.fd(), reactor::direction::write);
        return {0};
    }
};

constinit over_socket the_one;

} // namespace

transport& socket_transport() noexcept {
    return the_one;
}

} // namespace weft::detail
