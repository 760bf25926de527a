// SPDX-License-Identifier: BSL-1.0
//
// No memory: each allocation of a call fails once, and the call then either throws std::bad_alloc
// or does without; nothing is left of it, and the next call works.
#include "tests/support/api_each_allocation.hpp"
#include "tests/support/api_stderr.hpp"
#include "tests/support/net_certificates.hpp"
#include "tests/support/net_listeners.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>

namespace weft {
namespace {

using test::failing_new;
using test::for_each_allocation;
using test::port_of;
using network_memory = test::net_test;

TEST_F(network_memory, for_connecting) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        const int count = for_each_allocation(
            [&] { const stream near = open_connection("127.0.0.1", port_of(l)); });
        EXPECT_GT(count, 1);
    });
}

#if WEFT_WITH_TLS
TEST_F(network_memory, for_tls) {
    weft::run([] {
        running_loop().set_exception_handler([](const exception_context&) {}); // the other end's
        const int count = for_each_allocation([] {
            try {
                auto [near, far] =
                    test::encrypt(test::connect_tcp(), test::test_client(), test::test_server());
                near.write("text");
                EXPECT_EQ(far.read_exactly(4), "text");
            } catch (const std::system_error& e) {
                EXPECT_TRUE(e.code() == tls_errc::truncated || e.code().value() == ECONNRESET)
                    << e.what();
                throw std::bad_alloc(); // it was the other end that had no memory
            }
        });
        EXPECT_GT(count, 1);
    });
}
#endif

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
