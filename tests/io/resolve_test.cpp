// SPDX-License-Identifier: BSL-1.0
//
// From names to addresses: what is asked, what is answered, and who waits for whom meanwhile.
#include "tests/support/net_resolver.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <netdb.h>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::in_virtual_time;
using test::made_up_names;
using resolve_name = test::net_test;
using resolve_fails = test::net_test;
using resolve_waits = test::net_test;

std::vector<std::string> texts(const std::vector<endpoint>& endpoints) {
    std::vector<std::string> all;
    for (const endpoint& e : endpoints) {
        all.push_back(e.to_string());
    }
    return all;
}

using strings = std::vector<std::string>;

template <class F>
std::error_code code_of(F&& f) {
    try {
        f();
    } catch (const std::system_error& e) {
        return e.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

// --- answers ---

TEST_F(resolve_name, gives_all_addresses_in_the_systems_order_each_once) {
    made_up_names names;
    names.add("many.test", {"2001:db8::2", "192.0.2.1", "2001:db8::1", "192.0.2.1"});
    weft::run([] {
        EXPECT_EQ(texts(resolve("many.test", 80)),
                  (strings{"[2001:db8::2]:80", "192.0.2.1:80", "[2001:db8::1]:80"}));
    });
}

TEST_F(resolve_name, finds_localhost_where_the_system_has_it) {
    weft::run([] {
        for (const endpoint& e : resolve("localhost", 7)) {
            EXPECT_TRUE(e.address() == "127.0.0.1" || e.address() == "::1") << e.to_string();
            EXPECT_EQ(e.port(), 7);
        }
    });
}

TEST_F(resolve_name, answers_numeric_addresses_at_once) {
    weft::run([] {
        bool other_ran = false;
        task<void> other = spawn([&] { other_ran = true; });
        EXPECT_EQ(texts(resolve("127.0.0.1", 80)), strings{"127.0.0.1:80"});
        EXPECT_EQ(texts(resolve("::1", 65535)), strings{"[::1]:65535"});
        EXPECT_EQ(texts(resolve("fe80::1%lo", 1)), strings{"[fe80::1%lo]:1"});
        EXPECT_EQ(texts(resolve("192.0.2.7", "443")), strings{"192.0.2.7:443"});
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_F(resolve_name, takes_a_services_name_or_number) {
    made_up_names names;
    names.add("host.test", {"192.0.2.1", "::1"});
    weft::run([] {
        EXPECT_EQ(texts(resolve("host.test", "8080")), (strings{"192.0.2.1:8080", "[::1]:8080"}));
        EXPECT_EQ(texts(resolve("host.test", 0)), (strings{"192.0.2.1:0", "[::1]:0"}));
        EXPECT_EQ(code_of([] { resolve("host.test", "no-such-service"); }),
                  std::error_code(EAI_SERVICE, resolve_category()));
        EXPECT_EQ(code_of([] { resolve("127.0.0.1", ""); }),
                  std::error_code(EAI_SERVICE, resolve_category()));
    });
}

// --- failures ---

TEST_F(resolve_fails, with_the_resolvers_reason_and_the_hosts_name) {
    made_up_names names;
    names.add_failure("nowhere.test", EAI_NONAME);
    names.add_failure("later.test", EAI_AGAIN);
    names.add_failure("memory.test", EAI_MEMORY);
    weft::run([] {
        EXPECT_EQ(end_of([] { resolve("nowhere.test", 80); }),
                  std::string("error: weft::resolve: nowhere.test: ") + ::gai_strerror(EAI_NONAME));
        EXPECT_EQ(code_of([] { resolve("nowhere.test", 80); }),
                  std::error_code(EAI_NONAME, resolve_category()));
        EXPECT_EQ(code_of([] { resolve("later.test", 80); }),
                  std::errc::resource_unavailable_try_again);
        EXPECT_EQ(code_of([] { resolve("memory.test", 80); }), std::errc::not_enough_memory);
        EXPECT_STREQ(resolve_category().name(), "name resolution");
    });
}

TEST_F(resolve_fails, with_the_systems_reason_where_that_is_it) {
    made_up_names names;
    names.add_failure("broken.test", EAI_SYSTEM, EMFILE);
    weft::run([] {
        EXPECT_EQ(test::error_of([] { resolve("broken.test", 80); }), EMFILE);
        EXPECT_NE(end_of([] { resolve("broken.test", 80); }).find("broken.test"),
                  std::string::npos);
    });
}

TEST_F(resolve_fails, for_what_is_no_name_without_asking) {
    weft::run([] {
        bool other_ran = false;
        task<void> other = spawn([&] { other_ran = true; });
        using namespace std::string_literals;
        for (const std::string& host : {""s, "local\0host"s, "127.0.0.1\0.test"s}) {
            EXPECT_EQ(code_of([&] { resolve(host, 80); }),
                      std::error_code(EAI_NONAME, resolve_category()));
        }
        EXPECT_EQ(code_of([] { resolve("localhost", "ht\0tp"s); }),
                  std::error_code(EAI_NONAME, resolve_category()));
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_F(resolve_fails, for_an_answer_without_addresses) {
    made_up_names names;
    names.add("empty.test", {});
    weft::run([] {
        EXPECT_EQ(code_of([] { resolve("empty.test", 80); }),
                  std::error_code(EAI_NODATA, resolve_category()));
    });
}

TEST_F(resolve_fails, outside_a_task) {
    EXPECT_THROW(resolve("localhost", 80), no_running_loop);
    EXPECT_THROW(resolve("127.0.0.1", 80), no_running_loop);
    weft::run([] {
        running_loop().call_soon([] {
            EXPECT_THROW(resolve("localhost", 80), not_in_task);
            EXPECT_THROW(resolve("127.0.0.1", "http"), not_in_task);
        });
        yield();
    });
}

// --- waiting ---

TEST_F(resolve_waits, without_holding_up_other_tasks_names_or_threads) {
    made_up_names names;
    names.add("slow.test", {"192.0.2.1"});
    names.add("quick.test", {"192.0.2.2"});
    names.close_gate("slow.test");
    weft::run([&] {
        task<std::vector<endpoint>> slow = spawn([] { return resolve("slow.test", 1); });
        names.await_waiting("slow.test", 1);
        EXPECT_EQ(texts(resolve("quick.test", 2)), strings{"192.0.2.2:2"});
        EXPECT_EQ(to_thread([] { return 3; }), 3);
        EXPECT_FALSE(slow.done());
        names.open_gate("slow.test");
        EXPECT_EQ(texts(slow.get()), strings{"192.0.2.1:1"});
    });
}

TEST_F(resolve_waits, on_threads_that_to_thread_cannot_use_up) {
    made_up_names names;
    names.add("slow.test", {"192.0.2.1"});
    names.add("quick.test", {"192.0.2.2"});
    names.close_gate("slow.test");
    weft::run([&] {
        std::vector<task<std::vector<endpoint>>> slow;
        for (int i = 0; i < 100; ++i) {
            slow.push_back(spawn([] { return resolve("slow.test", 1); }));
        }
        names.await_waiting("slow.test", 8); // as many threads as there are for names
        EXPECT_EQ(to_thread([] { return 3; }), 3);
        task<std::vector<endpoint>> behind = spawn([] { return resolve("quick.test", 1); });
        test::yield_times(10);
        EXPECT_FALSE(behind.done());
        names.open_gate("slow.test");
        for (auto& s : slow) {
            s.get();
        }
        behind.get();
    });
}

TEST_F(resolve_waits, and_leaves_at_once_when_cancelled_dropping_the_answer) {
    made_up_names names;
    names.add("slow.test", {"192.0.2.1"});
    names.close_gate("slow.test");
    weft::run([&] {
        task<std::string> asker = spawn([] { return end_of([] { resolve("slow.test", 1); }); });
        names.await_waiting("slow.test", 1);
        asker.cancel("enough");
        EXPECT_EQ(asker.get(), "cancelled: enough");
        EXPECT_EQ(names.waiting("slow.test"), 1);
        names.open_gate("slow.test");
        EXPECT_EQ(texts(resolve("slow.test", 1)), strings{"192.0.2.1:1"});
    });
}

TEST_F(resolve_waits, and_does_not_ask_when_cancelled_before) {
    made_up_names names;
    names.add("name.test", {"192.0.2.1"});
    weft::run([&] {
        task<void> asker = spawn([] {
            current_task().cancel();
            resolve("name.test", 1);
        });
        asker.wait();
        EXPECT_TRUE(asker.cancelled());
        EXPECT_EQ(names.asked("name.test"), 0);
    });
}

TEST_F(resolve_waits, under_a_time_limit) {
    made_up_names names;
    names.add("slow.test", {"192.0.2.1"});
    names.close_gate("slow.test");
    weft::run([&] {
        EXPECT_THROW(with_timeout(1ms, [] { return resolve("slow.test", 1); }), timeout_error);
        names.open_gate("slow.test");
    });
}

TEST_F(resolve_waits, at_the_end_of_run_for_what_is_still_being_asked) {
    auto names = std::make_unique<made_up_names>();
    names->add("slow.test", {"192.0.2.1"});
    names->close_gate("slow.test");
    weft::run([&] {
        task<void> asker = spawn([] { resolve("slow.test", 1); });
        names->await_waiting("slow.test", 1);
        asker.cancel();
        asker.wait();
        names->open_gate("slow.test");
    });
    EXPECT_EQ(names->waiting("slow.test"), 0);
}

TEST_F(resolve_waits, in_virtual_time_without_a_deadlock) {
    made_up_names names;
    names.add("name.test", {"192.0.2.1"});
    in_virtual_time([&] {
        EXPECT_EQ(texts(resolve("name.test", 1)), strings{"192.0.2.1:1"});
        EXPECT_EQ(names.asked("name.test"), 1);
    });
}

TEST_F(resolve_waits, in_a_catch_block_while_others_throw_and_catch) {
    made_up_names names;
    names.add("name.test", {"192.0.2.1"});
    weft::run([] {
        const auto asker = [] {
            try {
                throw std::runtime_error("first");
            } catch (const std::runtime_error& e) {
                EXPECT_EQ(texts(resolve("name.test", 1)), strings{"192.0.2.1:1"});
                EXPECT_STREQ(e.what(), "first");
                EXPECT_THROW(throw, std::runtime_error);
            }
        };
        gather(asker, asker, asker);
    });
}

} // namespace
} // namespace weft
