// SPDX-License-Identifier: BSL-1.0
// A server whose clients come for one answer: start_server, and what ends is no exception. Looks
// for the end of a request as the server on bare epoll does.
#include "benchmarks/peers/http_answer.hpp"

#include <weft/weft.hpp>

#include <cstddef>
#include <span>

namespace {

void serve(weft::stream connection) {
    peers::request_buffer buffer;
    while (const std::size_t n = connection.read_some(
               std::as_writable_bytes(std::span(buffer.space(), buffer.space_size())))) {
        buffer.received(n);
        while (buffer.take_request() != peers::asked::nothing) {
            connection.write(peers::http_response);
        }
    }
}

} // namespace

int main() {
    weft::run([] {
        weft::server server = weft::start_server(serve, "127.0.0.1", 0);
        peers::announce("weft", WEFT_VERSION, server.local_endpoint().port());
        server.serve_forever();
    });
}
