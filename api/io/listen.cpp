// SPDX-License-Identifier: BSL-1.0
//
// Where to listen: how the sockets of a listener come about.
#include "api/io/listener_core.hpp"
#include "api/io/names.hpp"
#include "api/io/socket_calls.hpp"
#include "api/loop_core.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::detail {

namespace {

enum class v6_socket { as_the_system_does, for_both_families, for_v6_only };

class tcp_sockets {
  public:
    tcp_sockets(const char* call, const listen_options& options) noexcept
        : call_(call), options_(options) {}

    reactor::unique_fd listen_on(const endpoint& where, v6_socket v6) const;
    std::vector<reactor::unique_fd> listen_everywhere(std::uint16_t port) const;
    std::vector<reactor::unique_fd> listen_on_all(const std::vector<endpoint>& addresses) const;

  private:
    [[noreturn]] void fail(const endpoint& where) const {
        const int error_number = errno;
        throw std::system_error(error_number, std::system_category(),
                                fmt::format("{}: {}", call_, where.to_string()));
    }

    const char* call_;
    const listen_options& options_;
};

// This machine does not have that kind of address, as one without IPv6.
bool is_not_here(const std::system_error& e) noexcept {
    return e.code() == std::errc::address_family_not_supported ||
           e.code() == std::errc::address_not_available;
}

reactor::unique_fd tcp_sockets::listen_on(const endpoint& where, v6_socket v6) const {
    const int family = where.data()->sa_family;
    reactor::unique_fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        fail(where);
    }
    set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    if (family == AF_INET6 && v6 != v6_socket::as_the_system_does) {
        set_flag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, v6 == v6_socket::for_v6_only ? 1 : 0);
    }
    if (options_.reuse_port) {
        set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT);
    }
    // Connections inherit both when they come, which saves a call for each.
    if (options_.nodelay) {
        set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY);
    }
    if (options_.keepalive) {
        set_flag(fd.get(), SOL_SOCKET, SO_KEEPALIVE);
    }
    if (::bind(fd.get(), where.data(), where.size()) != 0 ||
        ::listen(fd.get(), options_.backlog) != 0) {
        fail(where);
    }
    return fd;
}

std::vector<reactor::unique_fd> one(reactor::unique_fd fd) {
    std::vector<reactor::unique_fd> all;
    all.push_back(std::move(fd));
    return all;
}

std::vector<reactor::unique_fd> tcp_sockets::listen_everywhere(std::uint16_t port) const {
    try {
        return one(listen_on(endpoint("::", port), v6_socket::for_both_families));
    } catch (const std::system_error& e) {
        if (!is_not_here(e)) {
            throw;
        }
        return one(listen_on(endpoint("0.0.0.0", port), v6_socket::as_the_system_does));
    }
}

// Port 0 is any port that is free, but the same one for all.
std::vector<reactor::unique_fd>
tcp_sockets::listen_on_all(const std::vector<endpoint>& addresses) const {
    constexpr int most_tries = 20;
    for (int tries = 1;; ++tries) {
        std::vector<reactor::unique_fd> sockets;
        std::uint16_t port = addresses.front().port();
        try {
            for (const endpoint& address : addresses) {
                try {
                    sockets.push_back(listen_on(with_port(address, port), v6_socket::for_v6_only));
                    port = endpoint_of(sockets.back().get(), &::getsockname, call_).port();
                } catch (const std::system_error& e) {
                    if (!is_not_here(e) || (&address == &addresses.back() && sockets.empty())) {
                        throw;
                    }
                }
            }
            return sockets;
        } catch (const std::system_error& e) {
            const bool other_port_may_do = addresses.front().port() == 0 && !sockets.empty() &&
                                           e.code() == std::errc::address_in_use;
            if (!other_port_may_do || tries == most_tries) {
                throw;
            }
        }
    }
}

// A socket file is left by a process that has ended without removing it: no socket belongs to it.
// Asked with a datagram socket, which a listening stream socket refuses for its kind and does not
// notice.
bool is_stale_socket(const endpoint& where) {
    struct stat file {};
    if (::lstat(where.path().c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) {
        return false;
    }
    const reactor::unique_fd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return probe && ::connect(probe.get(), where.data(), where.size()) != 0 &&
           errno == ECONNREFUSED;
}

} // namespace

void socket_file::remove() noexcept {
    struct stat now {};
    if (!path.empty() && ::lstat(path.c_str(), &now) == 0 && now.st_dev == device &&
        now.st_ino == number) {
        ::unlink(path.c_str());
    }
    path.clear();
}

listener_core* listener_core::open(const char* call, std::string_view host, std::uint16_t port,
                                   const listen_options& options) {
    require_running_loop(call);
    const tcp_sockets sockets(call, options);
    if (host.empty()) {
        return make(sockets.listen_everywhere(port), {}, options);
    }
    const std::vector<endpoint> addresses = resolve_for(call, host, port);
    return make(addresses.size() > 1
                    ? sockets.listen_on_all(addresses)
                    : one(sockets.listen_on(addresses.front(), v6_socket::as_the_system_does)),
                {}, options);
}

listener_core* listener_core::open_unix(const char* call, std::string_view path,
                                        const listen_options& options) {
    require_running_loop(call);
    const endpoint where = endpoint::unix_socket(path);
    const auto fail = [&] {
        const int error_number = errno;
        throw std::system_error(error_number, std::system_category(),
                                fmt::format("{}: {}", call, where.to_string()));
    };
    reactor::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        fail();
    }
    const bool has_file = path.front() != '\0';
    std::error_code unknown; // without a current folder the file stays
    std::string absolute =
        has_file ? std::filesystem::absolute(where.path(), unknown).string() : "";
    while (::bind(fd.get(), where.data(), where.size()) != 0) {
        const int error_number = errno;
        if (error_number != EADDRINUSE || !has_file || !is_stale_socket(where) ||
            ::unlink(where.path().c_str()) != 0) {
            errno = error_number;
            fail();
        }
    }
    struct removed_on_failure : socket_file {
        ~removed_on_failure() { remove(); }
    } file;
    if (has_file) {
        struct stat bound {};
        if (::lstat(where.path().c_str(), &bound) == 0) {
            file.device = bound.st_dev;
            file.number = bound.st_ino;
            file.path = std::move(absolute);
        }
    }
    if (::listen(fd.get(), options.backlog) != 0) {
        fail();
    }
    listener_core* const made = make(one(std::move(fd)), file, options);
    file.path.clear(); // it is the listener's now
    return made;
}

} // namespace weft::detail
