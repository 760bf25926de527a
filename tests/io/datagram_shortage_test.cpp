// SPDX-License-Identifier: BSL-1.0
//
// A system that is out of network buffers: sending waits. In virtual time, so that it costs none.
#include "tests/support/net_calls.hpp"
#include "tests/support/net_streams.hpp"

#include <chrono>
#include <limits>
#include <string>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::in_virtual_time;
using datagram_shortage = test::net_test;

struct shortage_ends {
    ~shortage_ends() { test::refuse_sendto(0); }
};

TEST_F(datagram_shortage, is_waited_out) {
    in_virtual_time([] {
        datagram_socket s;
        s.bind("127.0.0.1", 0);
        test::refuse_sendto(10);
        const auto begin = test::loop_time();
        s.send_to("x", s.local_endpoint());
        const auto took = test::loop_time() - begin;
        EXPECT_EQ(s.receive(), "x");
        // 1, 2, 4 ... 64 ms, then every 100 ms
        EXPECT_GE(took, 427ms);
        EXPECT_LT(took, 430ms);
    });
}

TEST_F(datagram_shortage, does_not_keep_a_sender_from_being_cancelled) {
    in_virtual_time([] {
        const shortage_ends guard;
        datagram_socket s;
        s.bind("127.0.0.1", 0);
        test::refuse_sendto(std::numeric_limits<int>::max());
        task<std::string> sender =
            spawn([&] { return end_of([&] { s.send_to("x", s.local_endpoint()); }); });
        sleep_for(1h);
        EXPECT_FALSE(sender.done());
        sender.cancel();
        EXPECT_EQ(sender.get(), "cancelled");
    });
}

} // namespace
} // namespace weft
