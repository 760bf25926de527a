// SPDX-License-Identifier: BSL-1.0
// method: see the header.
#include "benchmarks/tool/method.hpp"

#include "benchmarks/tool/comparison.hpp"
#include "benchmarks/tool/protocol.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace bench {

nlohmann::json describe_method(const procedure& self) {
    const std::vector<std::string> notes{
        fmt::format(
            "Each server is a new process, bound to core {0}, for fibers and for threads "
            "alike. The load generator is another process, written on plain epoll, bound to "
            "core {1}.",
            self.cores.server, self.cores.generator),
        fmt::format(
            "The request is {} bytes (GET / HTTP/1.1), the answer {} bytes; connections are "
            "kept alive, with TCP_NODELAY. The handler reads until the empty line and "
            "writes the answer.",
            short_request.size(), answer.size()),
        fmt::format(
            "Each measured window lasts {} s after {} s of warm-up, in a closed loop with up "
            "to {} requests under way, which go over all connections in turn.",
            number(self.window_seconds), number(self.warm_up_seconds), requests_in_flight),
        "Both sides run in every round, next to each other in time, and take turns in going first. "
        "Values are medians over the rounds, with lowest and highest below them. A ratio is the "
        "median of the ratios of each round; below 3 %, or when the rounds do not agree on its "
        "direction, it is called equal.",
        "CPU time is the scheduler's own count for the server's process, user and kernel, all "
        "threads, read from outside at both ends of the window.",
        fmt::format(
            "Memory per connection is how much more there is once all connections are open and "
            "have "
            "been answered once: user memory and page tables of the server's process, the kernel "
            "stacks of its threads and, from {} connections on, kernel objects beyond those of the "
            "sockets (thread descriptors, mappings). What bare sockets take is measured with a "
            "server that only holds them, and left out: it is the same on both sides.",
            grouped(kernel_objects_visible_from)),
        "Threads are std::thread as it comes: 8 MiB of address space for a stack, committed page "
        "by "
        "page on use. Fibers are weft tasks as they come.",
    };
    return {
        {"rounds planned", self.rounds},
        {"seconds per window", self.window_seconds},
        {"warm-up seconds", self.warm_up_seconds},
        {"requests in flight", requests_in_flight},
        {"server core", self.cores.server},
        {"generator core", self.cores.generator},
        {"notes", notes},
    };
}

} // namespace bench
