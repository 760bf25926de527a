// SPDX-License-Identifier: BSL-1.0
//
// Opening connections: to whom, from where, and every way in which that fails.
#include "tests/support/api_fixture.hpp"
#include "tests/support/net_listeners.hpp"
#include "tests/support/net_resolver.hpp"
#include "tests/support/net_shortage.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <netdb.h>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::error_of;
using test::full_listener;
using test::port_of;
using test::refusing_port;
using test::text_of;
using connect = test::net_test;
using connect_fails = test::net_test;
using connect_cancel = test::net_test;

// --- success ---

TEST_F(connect, reaches_a_listener_by_ipv4_and_ipv6) {
    weft::run([] {
        for (const char* address : {"127.0.0.1", "::1"}) {
            listener l(address, 0);
            stream near = open_connection(address, port_of(l));
            stream far = l.accept();
            near.write("x");
            EXPECT_EQ(far.read(1), "x");
        }
    });
}

TEST_F(connect, comes_from_the_local_address_it_is_told) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        connect_options from;
        from.local_address = "127.0.0.2";
        const stream near = open_connection("127.0.0.1", port_of(l), from);
        EXPECT_EQ(near.local_endpoint().address(), "127.0.0.2");
        EXPECT_EQ(l.accept().remote_endpoint(), near.local_endpoint());
    });
}

TEST_F(connect, lets_other_tasks_run_meanwhile) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        bool other_ran = false;
        task<void> other = spawn([&] { other_ran = true; });
        const stream near = open_connection("127.0.0.1", port_of(l));
        EXPECT_TRUE(other_ran);
        other.get();
    });
}

TEST_F(connect, many_at_once) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        std::vector<task<stream>> clients;
        for (int i = 0; i < 50; ++i) {
            clients.push_back(spawn([&] { return open_connection("127.0.0.1", port_of(l)); }));
        }
        std::vector<stream> accepted;
        for (int i = 0; i < 50; ++i) {
            accepted.push_back(l.accept());
        }
        for (auto& client : clients) {
            client.get().write("x");
        }
        for (auto& s : accepted) {
            EXPECT_EQ(s.read_all(), "x");
        }
    });
}

// --- failure ---

TEST_F(connect_fails, when_nobody_listens_and_names_the_address) {
    weft::run([] {
        const refusing_port port;
        EXPECT_EQ(error_of([&] { open_connection("127.0.0.1", port.number()); }), ECONNREFUSED);
        EXPECT_EQ(end_of([&] { open_connection("127.0.0.1", port.number()); }),
                  "error: weft::open_connection: 127.0.0.1:" + std::to_string(port.number()) +
                      ": Connection refused");
    });
}

TEST_F(connect_fails, when_the_host_is_not_known_and_says_what_the_resolver_said) {
    test::made_up_names names;
    names.add_failure("nowhere.test", EAI_NONAME);
    weft::run([] {
        const std::string reason = ::gai_strerror(EAI_NONAME);
        EXPECT_EQ(end_of([] { open_connection("nowhere.test", 1); }),
                  "error: weft::open_connection: nowhere.test: " + reason);
        EXPECT_EQ(end_of([] { open_connection("", 1); }),
                  "error: weft::open_connection: : " + reason);
    });
}

TEST_F(connect_fails, when_the_local_address_is_not_ours) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        connect_options from;
        from.local_address = "192.0.2.1";
        const std::string text =
            text_of<std::system_error>([&] { open_connection("127.0.0.1", port_of(l), from); });
        EXPECT_EQ(text.find("weft::open_connection: 192.0.2.1:0: "), 0U) << text;
        EXPECT_EQ(error_of([&] { open_connection("127.0.0.1", port_of(l), from); }), EADDRNOTAVAIL);
    });
}

TEST_F(connect_fails, when_the_local_address_is_of_the_other_family_or_not_known) {
    test::made_up_names names;
    names.add_failure("nowhere.test", EAI_NONAME);
    weft::run([] {
        listener l("127.0.0.1", 0);
        connect_options from;
        from.local_address = "::1";
        EXPECT_NE(error_of([&] { open_connection("127.0.0.1", port_of(l), from); }), 0);
        from.local_address = "nowhere.test";
        EXPECT_NE(end_of([&] {
                      open_connection("127.0.0.1", port_of(l), from);
                  }).find("open_connection: nowhere.test: "),
                  std::string::npos);
    });
}

TEST_F(connect_fails, when_there_are_no_descriptors) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        const std::uint16_t port = port_of(l);
        const std::string end = [&] {
            const test::descriptor_shortage shortage;
            return end_of([&] { open_connection("127.0.0.1", port); });
        }();
        EXPECT_EQ(end, "error: weft::open_connection: 127.0.0.1:" + std::to_string(port) +
                           ": Too many open files");
        open_connection("127.0.0.1", port);
        l.accept();
    });
}

TEST_F(connect_fails, and_leaves_the_number_for_a_stream_that_works) {
    weft::run([] {
        const refusing_port port;
        for (int i = 0; i < 20; ++i) {
            EXPECT_THROW(open_connection("127.0.0.1", port.number()), std::system_error);
            test::stream_pair pair = test::connect_tcp();
            task<std::string> reader = spawn([&] { return pair.near.read(1); });
            sleep_for(10us);
            EXPECT_FALSE(reader.done()) << "nothing of the failed attempt may be told here";
            pair.far.write("x");
            EXPECT_EQ(reader.get(), "x");
        }
    });
}

// --- cancelling ---

TEST_F(connect_cancel, gives_the_attempt_up) {
    weft::run([] {
        const full_listener full;
        const auto descriptors = test::listed_descriptors().size();
        task<std::string> client =
            spawn([&] { return end_of([&] { open_connection("127.0.0.1", full.port()); }); });
        sleep_for(1ms);
        EXPECT_FALSE(client.done());
        client.cancel("enough");
        EXPECT_EQ(client.get(), "cancelled: enough");
        EXPECT_EQ(test::listed_descriptors().size(), descriptors);
    });
}

TEST_F(connect_cancel, before_the_first_step_opens_nothing) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        task<stream> client = spawn([&] { return open_connection("127.0.0.1", port_of(l)); });
        client.cancel();
        EXPECT_THROW(client.get(), cancelled);
    });
}

TEST_F(connect_cancel, in_the_turn_in_which_the_connection_stands_closes_it) {
    const test::unshuffled order;
    weft::run([] {
        listener l("127.0.0.1", 0);
        task<std::string> client =
            spawn([&] { return end_of([&] { open_connection("127.0.0.1", port_of(l)); }); });
        yield(); // it has begun to connect; on the loopback interface that is all it takes
        client.cancel();
        EXPECT_EQ(client.get(), "cancelled");
        EXPECT_EQ(l.accept().read_all(), "");
    });
}

} // namespace
} // namespace weft
