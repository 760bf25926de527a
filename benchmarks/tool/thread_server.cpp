// SPDX-License-Identifier: BSL-1.0
// The side of the threads: one std::thread for each connection, as the textbook has it.
//
// Invariant: nothing is tuned for or against it: default stack size, default allocator, blocking
// accept, recv and send.
#include "benchmarks/tool/blocking_stream.hpp"
#include "benchmarks/tool/handler.hpp"
#include "benchmarks/tool/servers.hpp"

#include <string>
#include <system_error>
#include <thread>

#include <unistd.h>

namespace bench {

namespace {

struct thread_side {
    using stream = blocking_stream;
    using end_of_stream = end_of_blocking_stream;
    static void wait(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }
};

} // namespace

void serve_with_threads() {
    const int listening_fd = listening_socket();
    for (;;) {
        const int fd = accept_from(listening_fd);
        try {
            std::thread([fd] { serve_connection<thread_side>(blocking_stream(fd)); }).detach();
        } catch (const std::system_error& error) {
            refuse(fd, std::string("std::thread: ") + error.code().message());
            ::close(fd);
        }
    }
}

} // namespace bench
