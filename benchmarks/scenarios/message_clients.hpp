// SPDX-License-Identifier: BSL-1.0
// Connections that stay open, on which requests go out and answers come back: what the closed loop
// and the offered load have in common.
//
// Invariant: every byte that comes back is compared with the answer that is due.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// One request and its answer, the same each time on the connections that have it.
struct exchange {
    std::string request;
    std::string answer;
    int kind = 0; // answers' times are told by kind
};

exchange http_exchange(std::string_view path = "/"); // with the answer of ../peers/http_answer.hpp
exchange echo_exchange();

class message_clients {
  public:
    // Client i has exchange i of these, or i less a multiple of their number.
    message_clients(unsigned port, int count, std::vector<exchange>);
    message_clients(const message_clients&) = delete;
    message_clients& operator=(const message_clients&) = delete;
    ~message_clients();

    int count() const { return static_cast<int>(clients_.size()); }
    int fd(int client) const { return at(client).fd; }
    const exchange& exchange_of(int client) const {
        return exchanges_[static_cast<std::size_t>(client) % exchanges_.size()];
    }

    void connect(int client);

    // use: asks for something else from now on. Nothing may be under way.
    void use(std::vector<exchange>);

    // ask sends a request, and first whatever of earlier ones the socket had no room for. It does
    // not block; false when something is left over.
    bool ask(int client);
    bool send_rest(int client);

    // receive takes what has come and returns how many answers are complete by it. Throws
    // std::runtime_error on a wrong answer or a closed connection.
    int receive(int client);

  private:
    struct client {
        int fd = -1;
        std::size_t owed = 0;     // bytes of requests that are still to be sent
        std::size_t answered = 0; // bytes of the current answer that are in
    };
    const client& at(int i) const { return clients_[static_cast<std::size_t>(i)]; }
    client& at(int i) { return clients_[static_cast<std::size_t>(i)]; }

    unsigned port_;
    std::vector<exchange> exchanges_;
    std::vector<client> clients_;
    std::vector<char> room_;
};

// connect_to_server: a blocking connection to a port of the loopback interface. Its end leaves
// nothing behind (no TIME_WAIT) for the next measurement to wade through.
int connect_to_server(unsigned port);

} // namespace bench
