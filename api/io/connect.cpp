// SPDX-License-Identifier: BSL-1.0
#include "api/io/stream_core.hpp"
#include "api/loop_core.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/connect.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <system_error>

#include <sys/socket.h>

namespace weft {

namespace {

constexpr auto call = "weft::open_connection";

[[noreturn]] void fail(int error_number, const endpoint& to) {
    throw std::system_error(error_number, std::system_category(),
                            fmt::format("{}: {}", call, to.to_string()));
}

// Blocks until the connection stands. Each connect() after the first one asks how that has come
// out.
void finish_connecting(detail::loop_core& loop, int fd, const endpoint& to) {
    while (::connect(fd, to.data(), to.size()) != 0 && errno != EISCONN) {
        if (errno != EINPROGRESS && errno != EALREADY && errno != EINTR) {
            fail(errno, to);
        }
        fibers::wait_site site{call};
        switch (loop.descriptors().wait(fd, reactor::direction::write, site)) {
        case reactor::wait_result::ready:
            break;
        case reactor::wait_result::cancelled:
            detail::throw_cancelled(*loop.current_task());
        case reactor::wait_result::unwatchable:
            fail(ENOSPC, to);
        default:
            fail(EBADF, to);
        }
    }
}

} // namespace

stream open_connection(std::string_view host, std::uint16_t port, const connect_options& options) {
    detail::loop_core& loop = *detail::require_running_task(call).loop();
    const endpoint to(host, port);
    reactor::unique_fd fd(
        ::socket(to.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        fail(errno, to);
    }
    if (options.nodelay) {
        const int on = 1;
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    if (!options.local_address.empty()) {
        const endpoint from(options.local_address, 0);
        // Leave the choice of the port to connect(): it may then share ports between destinations.
        const int on = 1;
        ::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
        if (::bind(fd.get(), from.data(), from.size()) != 0) {
            fail(errno, from);
        }
    }
    loop.descriptors().forget(fd.get()); // whatever the number stood for before
    {
        struct watched {
            reactor::readiness& descriptors;
            int fd;
            ~watched() { descriptors.forget(fd); } // before it is closed or handed to the stream
        } const watched{loop.descriptors(), fd.get()};
        finish_connecting(loop, fd.get(), to);
    }
    stream opened = detail::stream_core::open(loop, fd.get());
    fd.release();
    return opened;
}

} // namespace weft
