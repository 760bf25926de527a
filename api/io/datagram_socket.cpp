// SPDX-License-Identifier: BSL-1.0
#include "api/io/datagram_core.hpp"
#include "api/io/names.hpp"
#include "api/loop_core.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/datagram_socket.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace weft {

namespace {

reactor::unique_fd new_socket(const endpoint& where) noexcept {
    const int family = where.size() > 0 ? where.data()->sa_family : AF_UNSPEC;
    return reactor::unique_fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text));
}

std::span<char> as_chars(std::span<std::byte> bytes) noexcept {
    return {reinterpret_cast<char*>(bytes.data()), bytes.size()};
}

// Through memory that all sockets of the loop share, so that one that waits holds none of its own:
// nothing suspends between the arrival of the bytes there and their move into the string.
std::string receive_text(detail::datagram_core& s, std::size_t most, endpoint* from,
                         const char* call) {
    s.require_usable(call);
    const std::span<char> shared = s.loop().scratch();
    if (most <= shared.size()) {
        const std::size_t n = s.receive(shared.first(most), from, call);
        return {shared.data(), n};
    }
    std::string text(most, '\0');
    text.resize(s.receive(text, from, call));
    return text;
}

unsigned interface_of(std::string_view name, const char* call) {
    const unsigned number = name.empty() ? 0 : detail::interface_number(name);
    if (number == 0 && !name.empty()) {
        throw std::system_error(ENODEV, std::system_category(),
                                fmt::format("{}: interface '{}'", call, name));
    }
    return number;
}

void change_membership(const detail::datagram_core& s, int what, std::string_view group,
                       std::string_view interface, const char* call) {
    const endpoint address(group, 0);
    group_req request{};
    request.gr_interface = interface_of(interface, call);
    std::memcpy(&request.gr_group, address.data(), address.size());
    const int level = address.data()->sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    if (::setsockopt(s.fd(), level, what, &request, sizeof(request)) != 0) {
        throw std::system_error(errno, std::system_category(), fmt::format("{}: {}", call, group));
    }
}

} // namespace

// --- ownership ---

datagram_socket::datagram_socket() noexcept = default;

datagram_socket::datagram_socket(datagram_socket&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)) {}

datagram_socket& datagram_socket::operator=(datagram_socket&& other) noexcept {
    datagram_socket old;
    old.core_ = std::exchange(core_, std::exchange(other.core_, nullptr));
    return *this;
}

datagram_socket::~datagram_socket() {
    close();
}

void datagram_socket::close() noexcept {
    if (core_ != nullptr) {
        core_->close();
        std::exchange(core_, nullptr)->release();
    }
}

bool datagram_socket::is_open() const noexcept {
    return core_ != nullptr;
}

int datagram_socket::native_handle() const noexcept {
    return core_ != nullptr ? core_->fd() : -1;
}

detail::datagram_core& datagram_socket::core(const char* call) const {
    if (core_ == nullptr) {
        detail::require_running_loop(call);
        throw std::system_error(EBADF, std::system_category(),
                                fmt::format("{}: it is closed; bind or connect it first", call));
    }
    core_->require_open(call);
    return *core_;
}

void datagram_socket::adopt(int fd) {
    core_ = detail::datagram_core::open(*detail::loop_core::running(), fd);
}

// --- bind and connect ---

// ::bind or ::connect at the first of the addresses at which that is possible from here.
void datagram_socket::open_at(const std::vector<endpoint>& candidates, system_call* verb,
                              const datagram_options* options, const char* call) {
    for (const endpoint& where : candidates) {
        reactor::unique_fd opened;
        if (!is_open()) {
            opened = new_socket(where);
        }
        const int fd = is_open() ? core(call).fd() : opened.get();
        if (fd >= 0 && options != nullptr) {
            detail::set_flag(fd, SOL_SOCKET, SO_REUSEADDR, options->reuse_address ? 1 : 0);
            detail::set_flag(fd, SOL_SOCKET, SO_REUSEPORT, options->reuse_port ? 1 : 0);
        }
        if (fd >= 0 && verb(fd, where.data(), where.size()) == 0) {
            if (opened) {
                adopt(fd);
                opened.release();
            }
            return;
        }
        const int error_number = errno;
        if (!detail::is_lack_of_way(error_number) || &where == &candidates.back()) {
            throw std::system_error(error_number, std::system_category(),
                                    fmt::format("{}: {}", call, where.to_string()));
        }
    }
}

void datagram_socket::bind(std::string_view host, std::uint16_t port,
                           const datagram_options& options) {
    constexpr auto call = "weft::datagram_socket::bind";
    detail::require_running_loop(call);
    if (!host.empty()) {
        open_at(detail::resolve_for(call, host, port), &::bind, &options, call);
        return;
    }
    if (is_open()) {
        const bool v6 = core(call).family() == AF_INET6;
        open_at({endpoint(v6 ? "::" : "0.0.0.0", port)}, &::bind, &options, call);
        return;
    }
    reactor::unique_fd both(::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!both) { // a system without IPv6
        open_at({endpoint("0.0.0.0", port)}, &::bind, &options, call);
        return;
    }
    detail::set_flag(both.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    adopt(both.get());
    both.release();
    try {
        open_at({endpoint("::", port)}, &::bind, &options, call);
    } catch (...) {
        close();
        throw;
    }
}

void datagram_socket::bind(const endpoint& local, const datagram_options& options) {
    constexpr auto call = "weft::datagram_socket::bind";
    detail::require_running_loop(call);
    open_at({local}, &::bind, &options, call);
}

void datagram_socket::connect(std::string_view host, std::uint16_t port) {
    constexpr auto call = "weft::datagram_socket::connect";
    detail::require_running_loop(call);
    open_at(detail::resolve_for(call, host, port), &::connect, nullptr, call);
}

void datagram_socket::connect(const endpoint& remote) {
    constexpr auto call = "weft::datagram_socket::connect";
    detail::require_running_loop(call);
    open_at({remote}, &::connect, nullptr, call);
}

// --- sending and receiving ---

std::size_t datagram_socket::send_to(std::span<const std::byte> data, const endpoint& to) {
    constexpr auto call = "weft::datagram_socket::send_to";
    return core(call).send(data, &to, call);
}

std::size_t datagram_socket::send_to(std::string_view text, const endpoint& to) {
    return send_to(bytes_of(text), to);
}

std::size_t datagram_socket::send(std::span<const std::byte> data) {
    constexpr auto call = "weft::datagram_socket::send";
    return core(call).send(data, nullptr, call);
}

std::size_t datagram_socket::send(std::string_view text) {
    return send(bytes_of(text));
}

std::pair<std::size_t, endpoint> datagram_socket::receive_from(std::span<std::byte> out) {
    constexpr auto call = "weft::datagram_socket::receive_from";
    std::pair<std::size_t, endpoint> result;
    result.first = core(call).receive(as_chars(out), &result.second, call);
    return result;
}

std::pair<std::string, endpoint> datagram_socket::receive_from(std::size_t most) {
    constexpr auto call = "weft::datagram_socket::receive_from";
    std::pair<std::string, endpoint> result;
    result.first = receive_text(core(call), most, &result.second, call);
    return result;
}

std::size_t datagram_socket::receive(std::span<std::byte> out) {
    constexpr auto call = "weft::datagram_socket::receive";
    return core(call).receive(as_chars(out), nullptr, call);
}

std::string datagram_socket::receive(std::size_t most) {
    constexpr auto call = "weft::datagram_socket::receive";
    return receive_text(core(call), most, nullptr, call);
}

// --- options and addresses ---

void datagram_socket::join_multicast(std::string_view group, std::string_view interface) {
    constexpr auto call = "weft::datagram_socket::join_multicast";
    change_membership(core(call), MCAST_JOIN_GROUP, group, interface, call);
}

void datagram_socket::leave_multicast(std::string_view group, std::string_view interface) {
    constexpr auto call = "weft::datagram_socket::leave_multicast";
    change_membership(core(call), MCAST_LEAVE_GROUP, group, interface, call);
}

// A socket for both families sends to groups of both.
void datagram_socket::set_multicast_interface(std::string_view interface) {
    constexpr auto call = "weft::datagram_socket::set_multicast_interface";
    const detail::datagram_core& s = core(call);
    const unsigned number = interface_of(interface, call);
    if (s.family() == AF_INET6) {
        s.set(IPPROTO_IPV6, IPV6_MULTICAST_IF, &number, sizeof(number), call);
    }
    ip_mreqn by_number{};
    by_number.imr_ifindex = static_cast<int>(number);
    s.set(IPPROTO_IP, IP_MULTICAST_IF, &by_number, sizeof(by_number), call);
}

void datagram_socket::set_multicast_hops(int hops) {
    constexpr auto call = "weft::datagram_socket::set_multicast_hops";
    const detail::datagram_core& s = core(call);
    if (s.family() == AF_INET6) {
        s.set(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops), call);
    }
    s.set(IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof(hops), call);
}

void datagram_socket::set_broadcast(bool allowed) {
    constexpr auto call = "weft::datagram_socket::set_broadcast";
    const int value = allowed ? 1 : 0;
    core(call).set(SOL_SOCKET, SO_BROADCAST, &value, sizeof(value), call);
}

endpoint datagram_socket::local_endpoint() const {
    constexpr auto call = "weft::datagram_socket::local_endpoint";
    return core(call).ask(&::getsockname, call);
}

endpoint datagram_socket::remote_endpoint() const {
    constexpr auto call = "weft::datagram_socket::remote_endpoint";
    return core(call).ask(&::getpeername, call);
}

} // namespace weft
