// SPDX-License-Identifier: BSL-1.0
//
// A TCP echo server, one task a connection, and a client that talks to it. With a port it only
// serves: try `nc 127.0.0.1 7000` in other terminals, end it with Ctrl-C.
//
//     17_echo            server and client in one program
//     17_echo 7000       serve on port 7000
#include <weft/weft.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <system_error>

namespace {

void echo(weft::stream peer) {
    std::array<std::byte, 4096> chunk{};
    try {
        while (const std::size_t n = peer.read_some(chunk)) {
            peer.write(std::span(chunk).first(n));
        }
    } catch (const std::system_error& e) {
        std::cerr << "a connection failed: " << e.what() << "\n";
    }
}

void serve(weft::listener& listener) {
    for (;;) {
        weft::spawn(echo, listener.accept()).detach();
    }
}

} // namespace

int main(int argc, char** argv) {
    weft::run([&] {
        const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
        weft::listener listener("127.0.0.1", port);
        if (argc > 1) {
            serve(listener);
        }
        const auto server = weft::spawn([&listener] { serve(listener); }); // ends with its handle
        weft::stream client = weft::open_connection("127.0.0.1", listener.local_endpoint().port());
        for (const char* line : {"warp\n", "weft\n"}) {
            client.write(line);
            std::cout << client.read_line();
        }
    });
}
