// SPDX-License-Identifier: BSL-1.0
//
// No memory: each allocation of a call fails once, and the call then either throws std::bad_alloc
// or does without; nothing is left of it, and the next call works.
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_stderr.hpp"
#include "tests/support/net_listeners.hpp"
#include "tests/support/net_streams.hpp"

#include <exception>
#include <filesystem>
#include <new>
#include <string>

namespace weft {
namespace {

using test::failing_new;
using test::port_of;
using network_memory = test::net_test;

// Calls f with its first allocation failing, then with its second, and so on; returns how many
// there were.
template <class F>
int for_each_allocation(F f) {
    f(); // what is made once and kept is there
    for (int nth = 1;; ++nth) {
        SCOPED_TRACE("allocation " + std::to_string(nth));
        const auto descriptors = test::listed_descriptors();
        bool failed = false;
        failing_new once(nth);
        try {
            f();
        } catch (const std::bad_alloc&) {
            failed = true;
        } catch (const spawn_error&) {
            failed = true;
        }
        once.stop();
        if (!once.struck()) {
            EXPECT_FALSE(failed);
            return nth - 1;
        }
        EXPECT_EQ(test::listed_descriptors(), descriptors);
        EXPECT_EQ(all_tasks().size(), 1U);
        if (testing::Test::HasFailure()) {
            return nth;
        }
    }
}

TEST_F(network_memory, for_connecting) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        const int count = for_each_allocation(
            [&] { const stream near = open_connection("127.0.0.1", port_of(l)); });
        EXPECT_GT(count, 1);
    });
}

TEST_F(network_memory, for_listening) {
    weft::run([] { EXPECT_GT(for_each_allocation([] { const listener l("127.0.0.1", 0); }), 1); });
}

TEST_F(network_memory, for_listening_on_a_path_leaves_no_file) {
    weft::run([] {
        std::string folder = (std::filesystem::temp_directory_path() / "weft-XXXXXX").string();
        ASSERT_NE(::mkdtemp(folder.data()), nullptr);
        const std::string path = folder + "/socket";
        const int count = for_each_allocation([&] {
            const unix_listener l(path);
            const stream near = open_unix_connection(path);
        });
        EXPECT_GT(count, 1);
        EXPECT_TRUE(std::filesystem::is_empty(folder));
        std::filesystem::remove(folder);
    });
}

TEST_F(network_memory, for_asking_for_a_name_even_where_it_is_the_first_thread_that_fails) {
    for (int nth = 1, count = nth + 1; nth < count; ++nth) {
        weft::run([&] {
            failing_new once(nth);
            try {
                resolve("localhost", 80);
            } catch (const std::bad_alloc&) {
            }
            once.stop();
            count += once.struck() ? 1 : 0;
            EXPECT_FALSE(resolve("localhost", 80).empty());
        });
    }
}

TEST_F(network_memory, for_datagrams) {
    weft::run([] {
        const int count = for_each_allocation([&] {
            datagram_socket s;
            s.bind("", 0);
            const auto [text, sender] = [&] {
                s.send_to("x", endpoint("127.0.0.1", s.local_endpoint().port()));
                return s.receive_from();
            }();
            EXPECT_EQ(text, "x");
        });
        EXPECT_GT(count, 1);
    });
}

TEST_F(network_memory, for_starting_a_server) {
    const test::stderr_lines reports; // where it is the first accept that fails
    weft::run([] {
        const int count = for_each_allocation(
            [&] { const server s = start_server([](const stream&) {}, "127.0.0.1", 0); });
        EXPECT_GT(count, 3);
    });
}

TEST_F(network_memory, for_a_servers_connection_drops_that_one_and_says_so) {
    const test::stderr_lines reports;
    int dropped = 0;
    weft::run([&] {
        const server s = start_server([](stream peer) { peer.write("x"); }, "127.0.0.1", 0);
        open_connection("127.0.0.1", s.local_endpoint().port()).read_all();
        for (int nth = 1;; ++nth) {
            stream client = open_connection("127.0.0.1", s.local_endpoint().port());
            failing_new once(nth);
            const bool told = client.read_some(std::span<std::byte>()) == 0;
            for (int turns = 0; turns < 20; ++turns) {
                yield(); // for the server alone: nothing here allocates
            }
            once.stop();
            EXPECT_TRUE(told);
            if (client.read_all() != "x") {
                ++dropped;
            }
            if (!once.struck()) {
                break;
            }
        }
        EXPECT_EQ(open_connection("127.0.0.1", s.local_endpoint().port()).read_all(), "x");
    });
    EXPECT_GT(dropped, 1);
    const auto lines = reports.lines();
    EXPECT_GE(static_cast<int>(lines.size()), dropped);
    for (const std::string& line : lines) {
        EXPECT_TRUE(line.find("no memory for a connection") != std::string::npos ||
                    line.find("a connection's handler has failed") != std::string::npos)
            << line;
    }
}

} // namespace
} // namespace weft
