// SPDX-License-Identifier: BSL-1.0
// The HTTP server on weft: one task per connection, read_until and write, as a user would write it.
#include "benchmarks/peers/blocking_server.hpp"
#include "benchmarks/peers/weft_listener.hpp"

#include <weft/weft.hpp>

#include <exception>
#include <utility>

namespace {

struct runtime {
    void sleep(std::chrono::milliseconds time) const { weft::sleep_for(time); }
    void apart(void (*work)()) const { weft::to_thread(work); }
};

void serve(weft::stream connection) {
    runtime here;
    try {
        for (;;) {
            const std::string head = connection.read_until(peers::http_head_end);
            peers::before_answering(peers::what_is_asked(head), here);
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
