// SPDX-License-Identifier: BSL-1.0
// message_clients: see the header.
#include "benchmarks/scenarios/message_clients.hpp"

#include "benchmarks/peers/http_answer.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bench {

exchange http_exchange(std::string_view path) {
    return {.request =
                "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
            .answer = std::string(peers::http_response)};
}

exchange echo_exchange() {
    const std::string message = http_exchange().request;
    return {.request = message, .answer = message};
}

int connect_to_server(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        throw std::system_error(errno, std::system_category(), "a client's socket");
    const linger reset{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    peers::send_at_once(fd);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        const int error = errno;
        ::close(fd);
        throw std::system_error(error, std::system_category(), "cannot connect to the server");
    }
    return fd;
}

message_clients::message_clients(unsigned port, int count, std::vector<exchange> exchanges)
    : port_(port),
      exchanges_(std::move(exchanges)),
      clients_(static_cast<std::size_t>(count)),
      room_(std::size_t{64} * 1024) {}

message_clients::~message_clients() {
    for (const client& each : clients_)
        if (each.fd >= 0)
            ::close(each.fd);
}

void message_clients::connect(int client) {
    at(client).fd = connect_to_server(port_);
}

void message_clients::use(std::vector<exchange> exchanges) {
    exchanges_ = std::move(exchanges);
}

bool message_clients::ask(int client) {
    at(client).owed += exchange_of(client).request.size();
    return send_rest(client);
}

// What is owed may begin in the middle of a request.
bool message_clients::send_rest(int index) {
    client& self = at(index);
    const std::string& request = exchange_of(index).request;
    while (self.owed > 0) {
        const std::size_t rest = (self.owed - 1) % request.size() + 1;
        const ssize_t sent = ::send(self.fd, request.data() + request.size() - rest, rest,
                                    MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN)
            return false;
        if (sent < 0 && errno != EINTR)
            throw std::system_error(errno, std::system_category(), "the server takes no request");
        self.owed -= sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }
    return true;
}

int message_clients::receive(int index) {
    client& self = at(index);
    const ssize_t got = ::recv(self.fd, room_.data(), room_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got < 0)
        throw std::system_error(errno, std::system_category(), "a connection broke");
    if (got == 0)
        throw std::runtime_error("the server closed a connection");
    const std::string_view due = exchange_of(index).answer;
    std::string_view came(room_.data(), static_cast<std::size_t>(got));
    int complete = 0;
    while (!came.empty()) {
        const std::size_t size = std::min(came.size(), due.size() - self.answered);
        if (came.substr(0, size) != due.substr(self.answered, size))
            throw std::runtime_error("a wrong answer: " + std::string(came.substr(0, size)));
        came.remove_prefix(size);
        self.answered += size;
        if (self.answered == due.size()) {
            self.answered = 0;
            ++complete;
        }
    }
    return complete;
}

} // namespace bench
