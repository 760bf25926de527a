// SPDX-License-Identifier: BSL-1.0
//
// 50_threads_echo.cpp with green threads: std's namespace is changed for weft's, main begins a
// loop, and the program is linked with libweft-interpose.so, so that libc's calls wait for their
// task and not for the thread. Nothing else is different.
#include <weft/green.hpp>
#include <weft/run.hpp>

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace threads = weft::green;

void echo(int connection) {
    char text[4096];
    ssize_t size = 0;
    while ((size = ::recv(connection, text, sizeof(text), 0)) > 0) {
        ::send(connection, text, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    }
    ::close(connection);
}

int listen_on(int port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(listener, 4096) != 0) {
        std::perror("listen");
        std::exit(1);
    }
    return listener;
}

// So many connections, then no more; less than none: for ever.
void serve(int listener, int connections) {
    std::vector<threads::thread> workers;
    for (int i = 0; i != connections; ++i) {
        const int connection = ::accept(listener, nullptr, nullptr);
        if (connections < 0) {
            threads::thread(echo, connection).detach();
        } else {
            workers.emplace_back(echo, connection);
        }
    }
    for (threads::thread& w : workers) {
        w.join();
    }
}

int connect_to(int listener) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(connection, reinterpret_cast<sockaddr*>(&address), size) != 0) {
        std::perror("connect");
        std::exit(1);
    }
    return connection;
}

std::string ask(int connection, std::string_view question) {
    ::send(connection, question.data(), question.size(), 0);
    std::string answer(question.size(), '\0');
    ::recv(connection, answer.data(), answer.size(), MSG_WAITALL);
    return answer;
}

void three_clients() {
    const int listener = listen_on(0);
    threads::thread server(serve, listener, 3);
    const int warp = connect_to(listener);
    const int weft = connect_to(listener);
    const int cloth = connect_to(listener);
    std::printf("%s and ", ask(warp, "warp").c_str());
    std::printf("%s make ", ask(weft, "weft").c_str());
    std::printf("%s\n", ask(cloth, "cloth").c_str());
    for (const int connection : {warp, weft, cloth}) {
        ::close(connection);
    }
    server.join();
    ::close(listener);
    std::puts("served");
}

void program(int argc, char** argv) {
    if (argc > 1) {
        serve(listen_on(std::atoi(argv[1])), -1);
    } else {
        three_clients();
    }
}

int main(int argc, char** argv) {
    weft::run([&] { program(argc, argv); });
}
