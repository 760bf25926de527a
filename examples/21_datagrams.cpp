// SPDX-License-Identifier: BSL-1.0
//
// Questions and answers over UDP. Datagrams get lost, so who asks gives up waiting after a while
// and asks again; each question has a number, so that a late answer is not taken for another one's.
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace {

void answer_questions(weft::datagram_socket& socket) {
    for (int received = 0;; ++received) {
        const auto [question, sender] = socket.receive_from();
        if (received == 0) {
            continue; // the first one gets lost
        }
        socket.send_to(question + " 42", sender);
    }
}

// The answer to one question; empty when none has come.
std::optional<std::string> ask(weft::datagram_socket& socket, const std::string& number) {
    for (int tries = 1; tries <= 3; ++tries) {
        socket.send(number);
        try {
            return weft::with_timeout(300ms, [&] {
                for (;;) {
                    const std::string answer = socket.receive();
                    if (answer.starts_with(number + " ")) {
                        return answer;
                    }
                }
            });
        } catch (const weft::timeout_error&) {
            std::cout << "no answer to question " << number << ", asking again\n";
        }
    }
    return std::nullopt;
}

} // namespace

int main() {
    weft::run([] {
        weft::datagram_socket server;
        server.bind("127.0.0.1", 0);
        const auto answering = weft::spawn([&] { answer_questions(server); });

        weft::datagram_socket client;
        client.connect("127.0.0.1", server.local_endpoint().port());
        for (const char* number : {"1", "2"}) {
            std::cout << ask(client, number).value_or("nobody knows") << "\n";
        }
    });
}
