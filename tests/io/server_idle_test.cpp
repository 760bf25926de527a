// SPDX-License-Identifier: BSL-1.0
//
// What idle connections cost while others are busy: memory, and nothing else. As many as the
// process may have descriptors for, up to 10,000.
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/net_calls.hpp"
#include "tests/support/net_streams.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace weft {
namespace {

using server_idle = test::net_test;

constexpr std::size_t active = 100;
constexpr int rounds = 50;

// How many connections with both ends in this process there may be.
std::size_t most_connections() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    constexpr std::size_t others = 200;
    // ThreadSanitizer has room for some thousands of fibers.
    const std::size_t wanted = test::thread_sanitizer ? 1000 : 10'000 + active;
    return std::min<std::size_t>(wanted, (limit.rlim_cur - others) / 2);
}

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(::getpagesize());
}

void echo(stream peer) {
    for (std::string text; !(text = peer.read(100)).empty();) {
        peer.write(text);
    }
}

// Each active client sends a byte and waits for it, all at once, a number of times.
void make_busy(std::vector<stream>& clients) {
    std::vector<task<void>> busy;
    for (std::size_t i = 0; i < active; ++i) {
        busy.push_back(spawn([&s = clients[i]] {
            for (int round = 0; round < rounds; ++round) {
                s.write("x");
                s.read_exactly(1);
            }
        }));
    }
    for (auto& b : busy) {
        b.get();
    }
}

TEST_F(server_idle, connections_cost_memory_and_no_work) {
    weft::run([] {
        const std::size_t count = most_connections();
        ASSERT_GE(count, 4 * active) << "too few descriptors to tell anything (ulimit -n)";
        const server s = start_server(echo, "127.0.0.1", 0);
        std::vector<stream> clients;
        clients.reserve(count);
        for (std::size_t i = 0; i < active; ++i) {
            clients.push_back(open_connection("127.0.0.1", s.local_endpoint().port()));
        }
        make_busy(clients);
        const auto before_idle = resident_bytes();
        while (clients.size() < count) {
            clients.push_back(open_connection("127.0.0.1", s.local_endpoint().port()));
            clients.back().write("x"); // its handler has begun, and waits
            clients.back().read_exactly(1);
        }
        EXPECT_EQ(s.connections(), count);
        const std::size_t each = (resident_bytes() - before_idle) / (count - active);
        std::printf("%zu idle connections, %zu bytes for both ends of each\n", count - active,
                    each);
        if (!test::any_sanitizer) {
            EXPECT_LT(each, 12U * 1024);
        }

        make_busy(clients); // what had to be watched is watched now
        const test::call_counts before = test::calls();
        const auto switches = running_loop().stats().switches;
        make_busy(clients);
        const test::call_counts after = test::calls();
        const std::size_t messages = 2 * active * rounds; // there and back
        EXPECT_EQ(after.epoll_ctl, before.epoll_ctl);
        EXPECT_LE(after.recv - before.recv, messages + messages / 10);
        EXPECT_LE(after.epoll_wait - before.epoll_wait, messages);
        EXPECT_LE(running_loop().stats().switches - switches, 4 * messages);
        EXPECT_GE(after.recv - before.recv, messages) << "the calls are not seen";
        EXPECT_GT(after.epoll_wait, before.epoll_wait) << "the calls are not seen";
    });
}

} // namespace
} // namespace weft
