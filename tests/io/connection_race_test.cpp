// SPDX-License-Identifier: BSL-1.0
//
// Names with several addresses: which is tried when, who wins, what is said when none can be
// reached, and that nothing stays behind of those that were given up. In virtual time, so that a
// delay costs none and is measured exactly.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/net_listeners.hpp"
#include "tests/support/net_resolver.hpp"
#include "tests/support/net_shortage.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::error_of;
using test::full_listener;
using test::in_virtual_time;
using test::made_up_names;
using test::port_of;
using test::refusing_port;
using connection_race = test::net_test;
using connection_race_fails = test::net_test;
using connection_race_ends = test::net_test;

// How much virtual time a call takes, and to whom it has connected.
struct result {
    std::string connected_to;
    clock::duration took;
};

result connect(const std::string& name, std::uint16_t port, const connect_options& options = {}) {
    const auto begin = test::loop_time();
    const stream s = open_connection(name, port, options);
    return {s.remote_endpoint().address(), test::loop_time() - begin};
}

// --- who wins ---

TEST_F(connection_race, reaches_the_only_address_of_a_name) {
    made_up_names names;
    names.add("one.test", {"127.0.0.1"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        EXPECT_EQ(connect("one.test", port_of(l)).connected_to, "127.0.0.1");
    });
}

TEST_F(connection_race, is_won_by_the_first_address_where_all_would_answer) {
    made_up_names names;
    names.add("all.test", {"127.0.0.3", "127.0.0.1", "127.0.0.2"});
    in_virtual_time([] {
        const listener l("0.0.0.0", 0);
        const result r = connect("all.test", port_of(l));
        EXPECT_EQ(r.connected_to, "127.0.0.3");
        EXPECT_EQ(r.took, 0ms);
    });
}

TEST_F(connection_race, goes_on_at_once_where_one_refuses) {
    made_up_names names;
    names.add("some.test", {"::1", "127.0.0.2", "127.0.0.3", "127.0.0.1"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        const result r = connect("some.test", port_of(l));
        EXPECT_EQ(r.connected_to, "127.0.0.1");
        EXPECT_EQ(r.took, 0ms);
    });
}

TEST_F(connection_race, goes_on_after_the_delay_where_one_does_not_answer) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.1"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        const full_listener silent("127.0.0.2", port_of(l));
        const result r = connect("slow.test", port_of(l));
        EXPECT_EQ(r.connected_to, "127.0.0.1");
        EXPECT_GE(r.took, 250ms);
        EXPECT_LT(r.took, 260ms);
    });
}

TEST_F(connection_race, delays_each_address_that_follows) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        const full_listener silent("127.0.0.2", port_of(l));
        const full_listener silent_too("127.0.0.4", port_of(l)); // the one between refuses
        connect_options options;
        options.happy_eyeballs_delay = 1s;
        const result r = connect("slow.test", port_of(l), options);
        EXPECT_EQ(r.connected_to, "127.0.0.1");
        EXPECT_GE(r.took, 2s);
        EXPECT_LT(r.took, 2010ms);
    });
}

TEST_F(connection_race, begins_everywhere_at_once_without_a_delay) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.3", "127.0.0.1"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        const full_listener silent("127.0.0.2", port_of(l));
        const full_listener silent_too("127.0.0.3", port_of(l));
        for (const auto delay : {0ms, -5ms, std::chrono::milliseconds::min()}) {
            connect_options options;
            options.happy_eyeballs_delay = delay;
            const result r = connect("slow.test", port_of(l), options);
            EXPECT_EQ(r.connected_to, "127.0.0.1");
            EXPECT_EQ(r.took, 0ms);
        }
    });
}

TEST_F(connection_race, waits_for_ever_for_one_address_where_the_delay_says_so) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.1"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        const full_listener silent("127.0.0.2", port_of(l));
        connect_options options;
        options.happy_eyeballs_delay = std::chrono::milliseconds::max();
        EXPECT_THROW(with_timeout(1h, [&] { connect("slow.test", port_of(l), options); }),
                     timeout_error);
    });
}

TEST_F(connection_race, spawns_no_task) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.1"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        const full_listener silent("127.0.0.2", port_of(l));
        const auto before = running_loop().stats().tasks_spawned;
        connect("slow.test", port_of(l));
        EXPECT_EQ(running_loop().stats().tasks_spawned, before);
    });
}

TEST_F(connection_race, comes_from_the_local_address_of_the_same_family) {
    made_up_names names;
    names.add("both.test", {"::1", "127.0.0.1"});
    names.add("local.test", {"127.0.0.5", "127.0.0.6"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        const listener v6("::1", port_of(l));
        connect_options options;
        options.local_address = "local.test";
        const stream s = open_connection("both.test", port_of(l), options);
        EXPECT_EQ(s.local_endpoint().address(), "127.0.0.5");
    });
}

// --- no one ---

TEST_F(connection_race_fails, naming_every_address_once_where_all_failed_alike) {
    made_up_names names;
    names.add("none.test", {"127.0.0.2", "127.0.0.3", "::1", "127.0.0.4"});
    in_virtual_time([] {
        const refusing_port port;
        const std::string p = ":" + std::to_string(port.number());
        EXPECT_EQ(end_of([&] { open_connection("none.test", port.number()); }),
                  "error: weft::open_connection: none.test: 127.0.0.2" + p + ", [::1]" + p +
                      ", 127.0.0.3" + p + ", 127.0.0.4" + p + ": Connection refused");
        EXPECT_EQ(error_of([&] { open_connection("none.test", port.number()); }), ECONNREFUSED);
    });
}

TEST_F(connection_race_fails, naming_each_reason_where_they_differ) {
    made_up_names names;
    names.add("none.test", {"::1", "127.0.0.2"});
    in_virtual_time([] {
        const refusing_port port;
        const std::string p = ":" + std::to_string(port.number());
        connect_options options;
        options.local_address = "127.0.0.1"; // so there is no way to the other family
        const auto attempt = [&] { open_connection("none.test", port.number(), options); };
        EXPECT_EQ(end_of(attempt), "error: weft::open_connection: none.test: [::1]" + p +
                                       " (Address family not supported by protocol), 127.0.0.2" +
                                       p + ": Connection refused");
        EXPECT_EQ(error_of(attempt), ECONNREFUSED);
    });
}

TEST_F(connection_race_fails, with_the_first_reason_where_there_is_no_way_at_all) {
    made_up_names names;
    names.add("none.test", {"::1"});
    in_virtual_time([] {
        connect_options options;
        options.local_address = "127.0.0.1";
        EXPECT_EQ(error_of([&] { open_connection("none.test", 1, options); }), EAFNOSUPPORT);
    });
}

TEST_F(connection_race_fails, only_when_the_last_attempt_has_failed) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.3"});
    in_virtual_time([] {
        const refusing_port port("127.0.0.3");
        const full_listener silent("127.0.0.2", port.number());
        EXPECT_THROW(with_timeout(1h, [&] { connect("slow.test", port.number()); }), timeout_error);
    });
}

TEST_F(connection_race_fails, for_want_of_descriptors_only_where_none_was_left_for_any) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.1"});
    in_virtual_time([] {
        const listener l("127.0.0.1", 0);
        const full_listener silent("127.0.0.2", port_of(l));
        const int none = [&] {
            const test::descriptor_shortage shortage;
            return error_of([&] { static_cast<void>(open_connection("127.0.0.1", port_of(l))); });
        }();
        EXPECT_EQ(none, EMFILE);
        const test::descriptor_shortage shortage(1);
        EXPECT_THROW(with_timeout(1s, [&] { open_connection("127.0.0.2", port_of(l)); }),
                     timeout_error);
        EXPECT_EQ(connect("127.0.0.1", port_of(l)).connected_to, "127.0.0.1");
    });
}

// --- cancelled ---

TEST_F(connection_race_ends, leaving_nothing_wherever_an_attempt_is_cancelled) {
    const int turns = test::cancel_at_every_turn([](test::cancel_attempt& attempt) {
        const full_listener silent;
        const auto descriptors = test::listed_descriptors().size();
        attempt.run([&] {
            with_timeout(3ms, [&] { open_connection("127.0.0.1", silent.port()); });
            ADD_FAILURE() << "nobody was there";
        });
        EXPECT_EQ(test::listed_descriptors().size(), descriptors);
    });
    EXPECT_GT(turns, 3);
}

TEST_F(connection_race_ends, with_a_cancel_in_the_middle_of_several_attempts) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.3", "127.0.0.4"});
    in_virtual_time([] {
        const full_listener a("127.0.0.2");
        const full_listener b("127.0.0.3", a.port());
        const full_listener c("127.0.0.4", a.port());
        const auto descriptors = test::listed_descriptors().size();
        for (const auto after : {1ms, 100ms, 250ms, 300ms, 600ms}) {
            task<std::string> client =
                spawn([&] { return end_of([&] { open_connection("slow.test", a.port()); }); });
            sleep_for(after);
            EXPECT_FALSE(client.done());
            client.cancel("enough");
            EXPECT_EQ(client.get(), "cancelled: enough");
            EXPECT_EQ(test::listed_descriptors().size(), descriptors);
        }
    });
}

TEST_F(connection_race_ends, with_a_cancel_while_the_name_is_asked_for) {
    made_up_names names;
    names.add("slow.test", {"127.0.0.1"});
    names.close_gate("slow.test");
    weft::run([&] {
        task<std::string> client =
            spawn([&] { return end_of([&] { open_connection("slow.test", 1); }); });
        names.await_waiting("slow.test", 1);
        client.cancel();
        EXPECT_EQ(client.get(), "cancelled");
        names.open_gate("slow.test");
    });
}

TEST_F(connection_race_ends, with_a_cancel_in_the_turn_in_which_one_has_won) {
    const test::unshuffled order;
    made_up_names names;
    names.add("slow.test", {"127.0.0.2", "127.0.0.1"});
    weft::run([] {
        listener l("127.0.0.1", 0);
        const full_listener silent("127.0.0.2", port_of(l));
        const auto descriptors = test::listed_descriptors().size();
        connect_options options;
        options.happy_eyeballs_delay = 0ms;
        task<std::string> client = spawn(
            [&] { return end_of([&] { open_connection("slow.test", port_of(l), options); }); });
        stream far = l.accept(); // so the connection stands
        client.cancel();
        const std::string end = client.get();
        EXPECT_TRUE(end == "cancelled" || end == "value") << end;
        EXPECT_EQ(far.read_all(), "");
        far.close();
        EXPECT_EQ(test::listed_descriptors().size(), descriptors);
    });
}

} // namespace
} // namespace weft
