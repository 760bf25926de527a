// SPDX-License-Identifier: BSL-1.0
//
// A chat server: who connects says a name, and each line then goes to everybody. It ends
// gracefully: nobody new comes in, those who are there are told, and who has not left after two
// seconds is shown out.
//
//     20_chat            the server and two visitors in one program
//     20_chat 7000       serve on port 7000 until SIGTERM or Ctrl-C; try `nc localhost 7000`
#include <weft/weft.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;

namespace {

class chat_room {
  public:
    // One visitor, from the name to the end of the connection.
    void receive(weft::stream peer) {
        std::string name = peer.read_line();
        name.resize(name.find_last_not_of("\r\n") + 1);
        visitor me(*this);
        tell_all("* " + name + " is here\n");
        const auto writer = weft::spawn([&] { write_lines(peer, me.lines); });
        for (std::string line; !(line = peer.read_line()).empty();) {
            tell_all(name + ": " + line);
        }
    }

    void close() {
        tell_all("* we close\n");
        for (visitor* v : visitors_) {
            v->lines.shutdown();
        }
    }

  private:
    struct visitor {
        explicit visitor(chat_room& r) : room(r) { room.visitors_.insert(this); }
        ~visitor() { room.visitors_.erase(this); }
        visitor(const visitor&) = delete;
        visitor& operator=(const visitor&) = delete;
        chat_room& room;
        weft::queue<std::string> lines{100};
    };

    static void write_lines(weft::stream& peer, weft::queue<std::string>& lines) {
        try {
            for (const std::string& line : lines) { // until the queue is shut down and empty
                peer.write(line);
            }
            peer.shutdown_write();
        } catch (const std::system_error&) {
            // gone: who reads hears of it, too
        }
    }

    // Who does not read misses lines, and holds up nobody.
    void tell_all(const std::string& line) {
        for (visitor* v : visitors_) {
            v->lines.try_put(line);
        }
    }

    std::set<visitor*> visitors_;
};

// A visitor who stays until the room closes.
weft::task<void> visit(const weft::server& server) {
    const std::uint16_t port = server.local_endpoint().port();
    weft::stream anna = weft::open_connection("localhost", port);
    anna.write("anna\n");
    std::cout << "anna reads " << anna.read_line();
    weft::stream ben = weft::open_connection("localhost", port);
    ben.write("ben\nhello\n");
    std::cout << "anna reads " << anna.read_line() << "anna reads " << anna.read_line();
    return weft::spawn([anna = std::move(anna)]() mutable {
        std::string line;
        while (!(line = anna.read_line()).empty()) {
            std::cout << "anna reads " << line;
        }
    });
}

} // namespace

int main(int argc, char** argv) {
    weft::run([&] {
        const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
        chat_room room;
        weft::listen_options options;
        options.max_connections = 1000;
        weft::server server = weft::start_server(
            [&](weft::stream peer) { room.receive(std::move(peer)); }, "localhost", port, options);
        weft::task<void> visitor;
        if (argc > 1) {
            weft::wait_signal({SIGINT, SIGTERM});
        } else {
            visitor = visit(server);
        }

        server.close();
        room.close();
        try {
            weft::with_timeout(2s, [&] { server.wait_closed(); });
            std::cout << "all have left\n";
        } catch (const weft::timeout_error&) {
            std::cout << server.connections() << " are shown out\n"; // by the server's destructor
        }
    });
}
