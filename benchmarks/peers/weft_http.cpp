// SPDX-License-Identifier: BSL-1.0
// The HTTP server on weft: one task per connection, read_until and write, as a user would write it.
#include "benchmarks/peers/http_answer.hpp"
#include "benchmarks/peers/weft_listener.hpp"

#include <weft/weft.hpp>

#include <exception>
#include <utility>

namespace {

void serve(weft::stream connection) {
    try {
        for (;;) {
            connection.read_until(peers::http_head_end);
            connection.write(peers::http_response);
        }
    } catch (const std::exception&) {
        // The client left: the end of the stream, or a reset. The stream closes with this task.
    }
}

} // namespace

int main() {
    weft::run([] { peers::serve_each(serve); });
}
