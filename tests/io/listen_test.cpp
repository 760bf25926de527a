// SPDX-License-Identifier: BSL-1.0
//
// Where a listener listens when its host is a name with several addresses: on all of them, with one
// port, and each has its turn.
#include "tests/support/net_listeners.hpp"
#include "tests/support/net_resolver.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <map>
#include <netinet/tcp.h>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <netdb.h>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::error_of;
using test::made_up_names;
using test::port_of;
using listen_on_name = test::net_test;
using listen_on_several = test::net_test;

std::vector<std::string> addresses_of(const listener& l) {
    std::vector<std::string> all;
    for (const endpoint& e : l.local_endpoints()) {
        EXPECT_EQ(e.port(), port_of(l));
        all.push_back(e.address());
    }
    return all;
}

using strings = std::vector<std::string>;

TEST_F(listen_on_name, that_the_system_knows) {
    weft::run([] {
        listener l("localhost", 0);
        EXPECT_NE(port_of(l), 0);
        const stream near = open_connection("localhost", port_of(l));
        const stream far = l.accept();
        EXPECT_EQ(far.remote_endpoint(), near.local_endpoint());
    });
}

TEST_F(listen_on_name, means_all_its_addresses_on_one_port) {
    made_up_names names;
    names.add("all.test", {"::1", "127.0.0.1", "127.0.0.2"});
    weft::run([] {
        listener l("all.test", 0);
        EXPECT_EQ(addresses_of(l), (strings{"::1", "127.0.0.1", "127.0.0.2"}));
        EXPECT_EQ(l.local_endpoint().address(), "::1");
        for (const std::string& address : addresses_of(l)) {
            const stream near = open_connection(address, port_of(l));
            const stream far = l.accept();
            EXPECT_EQ(far.remote_endpoint(), near.local_endpoint());
        }
    });
}

TEST_F(listen_on_name, passes_over_addresses_that_this_machine_lacks) {
    made_up_names names;
    names.add("some.test", {"2001:db8::1", "127.0.0.1", "198.51.100.1"});
    names.add("none.test", {"2001:db8::1", "198.51.100.1"});
    weft::run([] {
        const listener l("some.test", 0);
        EXPECT_EQ(addresses_of(l), strings{"127.0.0.1"});
        EXPECT_EQ(error_of([] { listener("none.test", 0); }), EADDRNOTAVAIL);
    });
}

TEST_F(listen_on_name, fails_where_one_address_is_taken_and_leaves_none_open) {
    made_up_names names;
    names.add("all.test", {"127.0.0.1", "127.0.0.2"});
    weft::run([] {
        const listener other("127.0.0.2", 0);
        const auto descriptors = test::listed_descriptors().size();
        EXPECT_EQ(error_of([&] { listener("all.test", port_of(other)); }), EADDRINUSE);
        EXPECT_EQ(end_of([&] { listener("all.test", port_of(other)); }),
                  "error: weft::listener: " + other.local_endpoint().to_string() +
                      ": Address already in use");
        EXPECT_EQ(test::listed_descriptors().size(), descriptors);
    });
}

TEST_F(listen_on_name, that_is_not_known_is_the_resolvers_error) {
    made_up_names names;
    names.add_failure("nowhere.test", EAI_NONAME);
    weft::run([] {
        EXPECT_EQ(end_of([] { listener("nowhere.test", 0); }),
                  std::string("error: weft::listener: nowhere.test: ") +
                      ::gai_strerror(EAI_NONAME));
        running_loop().call_soon([] {
            EXPECT_THROW(listener("nowhere.test", 0), not_in_task);
            listener("127.0.0.1", 0); // needs no waiting
        });
        yield();
    });
}

TEST_F(listen_on_name, is_left_by_a_cancel) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.1"});
    names.close_gate("slow.test");
    weft::run([&] {
        task<std::string> subject = spawn([] { return end_of([] { listener("slow.test", 0); }); });
        names.await_waiting("slow.test", 1);
        subject.cancel();
        EXPECT_EQ(subject.get(), "cancelled");
        names.open_gate("slow.test");
    });
}

TEST_F(listen_on_several, gives_each_address_its_turn) {
    made_up_names names;
    names.add("both.test", {"127.0.0.1", "127.0.0.2"});
    weft::run([] {
        listener l("both.test", 0);
        std::vector<stream> clients;
        for (int i = 0; i < 10; ++i) {
            clients.push_back(open_connection("127.0.0.1", port_of(l)));
            clients.push_back(open_connection("127.0.0.2", port_of(l)));
        }
        std::map<std::string, int> accepted;
        for (int i = 0; i < 10; ++i) {
            ++accepted[l.accept().local_endpoint().address()];
        }
        EXPECT_EQ(accepted["127.0.0.1"], 5);
        EXPECT_EQ(accepted["127.0.0.2"], 5);
        for (int i = 0; i < 10; ++i) {
            l.accept();
        }
    });
}

TEST_F(listen_on_several, wakes_who_waits_whichever_address_is_called) {
    made_up_names names;
    names.add("both.test", {"127.0.0.1", "::1"});
    weft::run([] {
        listener l("both.test", 0);
        for (const char* address : {"127.0.0.1", "::1", "::1", "127.0.0.1"}) {
            task<stream> accepter = spawn([&] { return l.accept(); });
            test::yield_times(3);
            const stream near = open_connection(address, port_of(l));
            EXPECT_EQ(accepter.get().remote_endpoint(), near.local_endpoint());
        }
    });
}

TEST_F(listen_on_several, sleeps_while_connections_wait_and_nobody_accepts) {
    made_up_names names;
    names.add("both.test", {"127.0.0.1", "127.0.0.2"});
    weft::run([] {
        listener l("both.test", 0);
        task<stream> accepter = spawn([&] { return l.accept(); });
        const stream first = open_connection("127.0.0.1", port_of(l));
        const stream second = open_connection("127.0.0.2", port_of(l));
        accepter.get();
        const auto before = running_loop().stats().switches;
        sleep_for(2ms);
        EXPECT_LT(running_loop().stats().switches - before, 10U);
        l.accept();
    });
}

TEST_F(listen_on_several, ends_everywhere_at_once) {
    made_up_names names;
    names.add("both.test", {"127.0.0.1", "127.0.0.2"});
    weft::run([] {
        listener l("both.test", 0);
        const std::uint16_t port = port_of(l);
        task<int> accepter = spawn([&] { return error_of([&] { l.accept(); }); });
        sleep_for(50us);
        l.close();
        EXPECT_EQ(l.native_handle(), -1);
        EXPECT_EQ(accepter.get(), EBADF);
        EXPECT_EQ(error_of([&] { open_connection("127.0.0.1", port); }), ECONNREFUSED);
        EXPECT_EQ(error_of([&] { open_connection("127.0.0.2", port); }), ECONNREFUSED);
        EXPECT_EQ(error_of([&] { static_cast<void>(l.local_endpoints()); }), EBADF);
    });
}

TEST_F(listen_on_several, moves_as_one) {
    made_up_names names;
    names.add("both.test", {"127.0.0.1", "127.0.0.2"});
    weft::run([] {
        listener a("both.test", 0);
        listener b("127.0.0.1", 0);
        const std::uint16_t port = port_of(a);
        b = std::move(a);
        const stream near = open_connection("127.0.0.2", port);
        b.accept();
    });
}

TEST_F(listen_on_name, hands_its_options_to_what_is_accepted) {
    weft::run([] {
        for (const bool keepalive : {false, true}) {
            listen_options options;
            options.keepalive = keepalive;
            listener l("127.0.0.1", 0, options);
            connect_options near_options;
            near_options.keepalive = keepalive;
            const stream near = open_connection("127.0.0.1", port_of(l), near_options);
            const stream far = l.accept();
            for (const stream* s : {&near, &far}) {
                int value = 0;
                socklen_t size = sizeof(value);
                ::getsockopt(s->native_handle(), SOL_SOCKET, SO_KEEPALIVE, &value, &size);
                EXPECT_EQ(value != 0, keepalive);
            }
        }
    });
}

} // namespace
} // namespace weft
