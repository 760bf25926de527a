// SPDX-License-Identifier: BSL-1.0
// The side of the fibers: one weft task for each connection, all on the one thread of the process.
//
// Invariant: nothing is tuned for or against it: default run_options, task_options, listen_options.
#include "benchmarks/tool/handler.hpp"
#include "benchmarks/tool/servers.hpp"

#include <weft/weft.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace bench {

namespace {

struct fiber_side {
    using stream = weft::stream;
    using end_of_stream = weft::incomplete_read;
    static void wait(std::chrono::milliseconds time) { weft::sleep_for(time); }
};

} // namespace

void serve_with_fibers() {
    weft::run([] {
        weft::listener listener("127.0.0.1", 0);
        announce_port(listener.local_endpoint().port());
        for (;;) {
            weft::stream connection = listener.accept();
            try {
                weft::spawn(serve_connection<fiber_side>, std::move(connection)).detach();
            } catch (const weft::spawn_error& error) { // the connection is closed by now
                fmt::print(stderr, "weft::spawn: {}\n", error.what());
            }
        }
    });
}

} // namespace bench
