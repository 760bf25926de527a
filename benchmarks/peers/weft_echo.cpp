// SPDX-License-Identifier: BSL-1.0
// An echo server as one writes it for weft: a task for each connection, read_some and write.
#include "benchmarks/peers/weft_listener.hpp"

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
    weft::run([] { peers::serve_each(serve); });
}
