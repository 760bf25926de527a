// SPDX-License-Identifier: BSL-1.0
// An echo server as one writes it for weft: a task for each connection, read_some and write.
#include "benchmarks/peers/http_answer.hpp"

#include <weft/weft.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <span>
#include <utility>

namespace {

void serve(weft::stream connection) {
    std::array<std::byte, 4096> bytes;
    try {
        while (const std::size_t got = connection.read_some(bytes)) {
            connection.write(std::span<const std::byte>(bytes).first(got));
        }
    } catch (const std::exception&) {
        // The client left with a reset. The stream closes with this task.
    }
}

} // namespace

int main() {
    weft::run([] {
        weft::listener listener("127.0.0.1", 0);
        peers::announce("weft", WEFT_VERSION, listener.local_endpoint().port());
        for (;;) {
            weft::spawn(serve, listener.accept()).detach();
        }
    });
}
