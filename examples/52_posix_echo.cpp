// SPDX-License-Identifier: BSL-1.0
//
// 50_threads_echo.cpp by weft's own names: tasks in place of threads, and the calls that block are
// those of weft::posix, which have libc's signatures. No library but libweft is needed.
#include <weft/posix.hpp>
#include <weft/run.hpp>
#include <weft/task.hpp>

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace posix = weft::posix;

void echo(int connection) {
    char text[4096];
    ssize_t size = 0;
    while ((size = posix::recv(connection, text, sizeof(text), 0)) > 0) {
        posix::send(connection, text, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    }
    posix::close(connection);
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
    std::vector<weft::task<void>> workers;
    for (int i = 0; i != connections; ++i) {
        const int connection = posix::accept(listener, nullptr, nullptr);
        if (connections < 0) {
            weft::spawn(echo, connection).detach();
        } else {
            workers.push_back(weft::spawn(echo, connection));
        }
    }
    for (weft::task<void>& w : workers) {
        w.get();
    }
}

int connect_to(int listener) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
    if (posix::connect(connection, reinterpret_cast<sockaddr*>(&address), size) != 0) {
        std::perror("connect");
        std::exit(1);
    }
    return connection;
}

std::string ask(int connection, std::string_view question) {
    posix::send(connection, question.data(), question.size(), 0);
    std::string answer(question.size(), '\0');
    posix::recv(connection, answer.data(), answer.size(), MSG_WAITALL);
    return answer;
}

void three_clients() {
    const int listener = listen_on(0);
    weft::task<void> server = weft::spawn(serve, listener, 3);
    const int warp = connect_to(listener);
    const int weft = connect_to(listener);
    const int cloth = connect_to(listener);
    std::printf("%s and ", ask(warp, "warp").c_str());
    std::printf("%s make ", ask(weft, "weft").c_str());
    std::printf("%s\n", ask(cloth, "cloth").c_str());
    for (const int connection : {warp, weft, cloth}) {
        posix::close(connection);
    }
    server.get();
    posix::close(listener);
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
