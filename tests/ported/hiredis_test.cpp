// SPDX-License-Identifier: BSL-1.0
//
// hiredis's blocking functions in tasks, against a Redis of the test's own.
#include "tests/support/database_servers.hpp"
#include "tests/support/ported_fixture.hpp"

#include <cerrno>
#include <hiredis/hiredis.h>

#include <sys/time.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

struct context_end {
    void operator()(redisContext* c) const { redisFree(c); }
};
struct reply_end {
    void operator()(void* r) const { freeReplyObject(r); }
};
using context = std::unique_ptr<redisContext, context_end>;
using reply = std::unique_ptr<redisReply, reply_end>;

template <class... Args>
reply ask(const context& c, const char* command, Args... arguments) {
    return reply(static_cast<redisReply*>(redisCommand(c.get(), command, arguments...)));
}

std::string text_of(const reply& r) {
    return r && r->str != nullptr ? std::string(r->str, r->len) : "(none)";
}

class hiredis : public with_server<redis_server> {
  protected:
    static context connect() {
        context c(redisConnect("127.0.0.1", server().port()));
        EXPECT_EQ(c->err, 0) << c->errstr;
        return c;
    }
};

TEST_F(hiredis, two_hundred_tasks_wait_for_items_and_half_of_them_in_vain) {
    weft::run([] {
        std::vector<context> all(200);
        in_tasks(200, [&](int i) { all[std::size_t(i)] = connect(); });
        int served = 0;
        int timed_out = 0;
        const auto took = time_of([&] {
            in_tasks(201, [&](int i) {
                if (i == 200) { // somebody has come to wait
                    const context c = connect();
                    for (int item = 0; item < 200; item += 2) {
                        ask(c, "RPUSH queue-%d item-%d", item, item);
                    }
                    return;
                }
                const context& c = all[std::size_t(i)];
                const reply r = ask(c, "BLPOP queue-%d 0.2", i);
                ASSERT_NE(r, nullptr) << c->errstr;
                if (r->type == REDIS_REPLY_NIL) {
                    EXPECT_EQ(i % 2, 1);
                    ++timed_out;
                } else {
                    ASSERT_EQ(r->elements, 2U);
                    EXPECT_EQ(std::string(r->element[1]->str), "item-" + std::to_string(i));
                    ++served;
                }
            });
        });
        EXPECT_EQ(served, 100);
        EXPECT_EQ(timed_out, 100);
        EXPECT_LT(took, a_second);
    });
}

TEST_F(hiredis, an_item_goes_to_the_task_that_has_waited_longest) {
    weft::run([] {
        std::vector<context> all(5);
        in_tasks(5, [&](int i) { all[std::size_t(i)] = connect(); });
        const context pushing = connect();
        std::vector<std::string> got;
        std::vector<task<void>> waiting;
        const auto blocked_clients = [&] {
            const std::string clients = text_of(ask(pushing, "INFO clients"));
            return std::atoi(clients.c_str() + clients.find("blocked_clients:") + 16);
        };
        for (int i = 0; i < 5; ++i) {
            waiting.push_back(spawn([&, i] {
                const reply r = ask(all[std::size_t(i)], "BLPOP line 0");
                got.push_back(std::to_string(i) + r->element[1]->str);
            }));
            while (blocked_clients() != i + 1) {
                yield();
            }
        }
        for (int i = 0; i < 5; ++i) {
            ask(pushing, "RPUSH line %d", i);
            waiting[std::size_t(i)].wait();
        }
        EXPECT_EQ(got, (std::vector<std::string>{"00", "11", "22", "33", "44"}));
    });
}

TEST_F(hiredis, pipelines_of_many_tasks_run_beside_each_other) {
    weft::run([] {
        constexpr int commands = sanitized ? 500 : 5'000;
        in_tasks(20, [](int i) {
            const context c = connect();
            for (int n = 0; n < commands; ++n) {
                redisAppendCommand(c.get(), "SET pipeline-%d-%d value-%d", i, n, n);
                redisAppendCommand(c.get(), "GET pipeline-%d-%d", i, n);
            }
            for (int n = 0; n < commands; ++n) {
                void* next = nullptr;
                ASSERT_EQ(redisGetReply(c.get(), &next), REDIS_OK) << c->errstr;
                EXPECT_EQ(text_of(reply(static_cast<redisReply*>(next))), "OK");
                ASSERT_EQ(redisGetReply(c.get(), &next), REDIS_OK) << c->errstr;
                EXPECT_EQ(text_of(reply(static_cast<redisReply*>(next))),
                          "value-" + std::to_string(n));
            }
        });
    });
}

TEST_F(hiredis, a_value_of_many_megabytes_is_sent_and_received_whole) {
    weft::run([] {
        const context c = connect();
        const std::string value = pattern(20'000'000);
        const heartbeat others;
        EXPECT_EQ(text_of(ask(c, "SET large %b", value.data(), value.size())), "OK");
        EXPECT_EQ(text_of(ask(c, "GET large")), value);
        ask(c, "DEL large");
        EXPECT_GT(others.beats(), 0);
    });
}

TEST_F(hiredis, messages_reach_all_subscribers) {
    weft::run([] {
        std::vector<std::string> heard(30);
        int subscribed = 0;
        in_tasks(31, [&](int i) {
            const context c = connect();
            if (i == 30) {
                while (subscribed < 30) {
                    yield();
                }
                EXPECT_EQ(ask(c, "PUBLISH channel hello")->integer, 30);
                return;
            }
            ask(c, "SUBSCRIBE channel");
            ++subscribed;
            void* message = nullptr;
            ASSERT_EQ(redisGetReply(c.get(), &message), REDIS_OK);
            const reply r(static_cast<redisReply*>(message));
            heard[std::size_t(i)] = r->element[2]->str;
        });
        EXPECT_EQ(heard, std::vector<std::string>(30, "hello"));
    });
}

// --- broken connections, time limits, cancels ---

TEST_F(hiredis, a_connection_that_the_server_ends_is_an_error_of_its_task_alone) {
    weft::run([] {
        const context victim = connect();
        const long long id = ask(victim, "CLIENT ID")->integer;
        in_tasks(3, [&](int i) {
            if (i == 0) {
                EXPECT_EQ(ask(victim, "BLPOP never 0"), nullptr);
                EXPECT_EQ(victim->err, REDIS_ERR_EOF) << victim->errstr;
            } else if (i == 1) {
                const reply r = ask(connect(), "BLPOP never 0.1");
                ASSERT_NE(r, nullptr);
                EXPECT_EQ(r->type, REDIS_REPLY_NIL);
            } else {
                EXPECT_EQ(ask(connect(), "CLIENT KILL ID %lld", id)->integer, 1);
            }
        });
    });
}

TEST_F(hiredis, a_reset_is_an_error) {
    weft::run([] {
        listener bad("127.0.0.1", 0);
        const context c(redisConnect("127.0.0.1", bad.local_endpoint().port()));
        ASSERT_EQ(c->err, 0) << c->errstr;
        task<void> peer = spawn([&] {
            stream s = bad.accept();
            s.read_line();
            reset_on_close(s.native_handle());
        });
        EXPECT_EQ(ask(c, "PING"), nullptr);
        EXPECT_EQ(c->err, REDIS_ERR_IO);
        EXPECT_EQ(std::string(c->errstr), "Connection reset by peer");
        peer.get();
    });
}

TEST_F(hiredis, the_time_limit_of_a_command_holds) {
    weft::run([] {
        const context c = connect();
        redisSetTimeout(c.get(), timeval{0, 100'000});
        const heartbeat others;
        const auto took = time_of([&] {
            EXPECT_EQ(ask(c, "BLPOP never 0"), nullptr);
            EXPECT_EQ(c->err, REDIS_ERR_IO);
            EXPECT_EQ(std::string(c->errstr), "Resource temporarily unavailable");
        });
        EXPECT_GE(took, 99ms); // the kernel's own limits are of whole ticks
        EXPECT_LT(took, a_second);
        EXPECT_GT(others.beats(), 5);
    });
}

TEST_F(hiredis, nobody_listening_is_an_error_at_once) {
    weft::run([] {
        const int port = server_process::free_port();
        const context c(redisConnect("127.0.0.1", port));
        EXPECT_EQ(c->err, REDIS_ERR_IO);
        EXPECT_EQ(std::string(c->errstr), "Connection refused");
    });
}

TEST_F(hiredis, a_cancelled_command_fails_and_its_task_ends_as_cancelled) {
    weft::run([] {
        context c = connect();
        cancel_while_it_waits([&] {
            EXPECT_EQ(ask(c, "BLPOP never 0"), nullptr);
            EXPECT_EQ(c->err, REDIS_ERR_IO);
            EXPECT_EQ(std::string(c->errstr), "Operation canceled");
            c.reset();
        });
        EXPECT_EQ(text_of(ask(connect(), "PING")), "PONG");
    });
}

TEST_F(hiredis, two_tasks_may_take_turns_on_one_connection) {
    weft::run([] {
        const context c = connect();
        weft::mutex turn;
        in_tasks(10, [&](int i) {
            for (int n = 0; n < 50; ++n) {
                const std::scoped_lock lock(turn);
                EXPECT_EQ(text_of(ask(c, "ECHO %d-%d", i, n)),
                          std::to_string(i) + "-" + std::to_string(n));
            }
        });
    });
}

} // namespace
} // namespace weft::test
