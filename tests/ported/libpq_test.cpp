// SPDX-License-Identifier: BSL-1.0
//
// libpq's blocking functions in tasks, against a PostgreSQL of the test's own.
#include "tests/support/database_servers.hpp"
#include "tests/support/ported_fixture.hpp"

#include <cstdio>
#include <libpq-fe.h>
#include <string_view>

#include <poll.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

struct connection_end {
    void operator()(PGconn* c) const { PQfinish(c); }
};
struct result_end {
    void operator()(PGresult* r) const { PQclear(r); }
};
using connection = std::unique_ptr<PGconn, connection_end>;
using result = std::unique_ptr<PGresult, result_end>;

class libpq : public with_server<postgresql_server> {
  protected:
    static connection connect() {
        connection made(PQconnectdb(server().connection_info().c_str()));
        EXPECT_EQ(PQstatus(made.get()), CONNECTION_OK) << PQerrorMessage(made.get());
        return made;
    }
    static std::string value_of(const connection& c, const char* query) {
        const result r(PQexec(c.get(), query));
        EXPECT_EQ(PQresultStatus(r.get()), PGRES_TUPLES_OK) << PQerrorMessage(c.get());
        return PQntuples(r.get()) == 0 ? "" : PQgetvalue(r.get(), 0, 0);
    }
};

TEST_F(libpq, fifty_tasks_connect_at_once) {
    weft::run([] {
        in_tasks(50, [](int i) {
            const connection c = connect();
            const std::string question = "SELECT 2 * " + std::to_string(i);
            EXPECT_EQ(value_of(c, question.c_str()), std::to_string(2 * i));
        });
    });
}

TEST_F(libpq, fifty_queries_sleep_as_long_as_one) {
    weft::run([] {
        std::vector<connection> all(50);
        in_tasks(50, [&](int i) { all[std::size_t(i)] = connect(); });
        const auto took = time_of([&] {
            in_tasks(50, [&](int i) { value_of(all[std::size_t(i)], "SELECT pg_sleep(0.2)"); });
        });
        EXPECT_GE(took, 200ms);
        EXPECT_LT(took, a_second);
    });
}

TEST_F(libpq, the_wait_for_a_name_holds_nobody_else) {
    weft::run([] {
        const std::string by_name = "host=localhost port=" + std::to_string(server().port()) +
                                    " user=weft dbname=postgres sslmode=disable gssencmode=disable";
        in_tasks(10, [&](int) {
            const connection c(PQconnectdb(by_name.c_str()));
            EXPECT_EQ(PQstatus(c.get()), CONNECTION_OK) << PQerrorMessage(c.get());
        });
    });
}

// --- COPY ---

constexpr int copied_rows = sanitized ? 10'000 : 100'000;
constexpr std::size_t row_size = 1'000; // with the end of the line

TEST_F(libpq, copies_100_megabytes_in_and_out_while_others_run) {
    weft::run([] {
        const connection c = connect();
        result(PQexec(c.get(), "CREATE UNLOGGED TABLE copied (number int, text text)"));
        const heartbeat others;

        ASSERT_EQ(PQresultStatus(result(PQexec(c.get(), "COPY copied FROM STDIN")).get()),
                  PGRES_COPY_IN);
        for (int i = 0; i < copied_rows; ++i) {
            char number[16];
            std::snprintf(number, sizeof(number), "%08d\t", i);
            std::string row(row_size, char('a' + i % 26));
            row.replace(0, 9, number).back() = '\n';
            ASSERT_EQ(PQputCopyData(c.get(), row.data(), int(row.size())), 1);
        }
        ASSERT_EQ(PQputCopyEnd(c.get(), nullptr), 1);
        EXPECT_EQ(PQresultStatus(result(PQgetResult(c.get())).get()), PGRES_COMMAND_OK)
            << PQerrorMessage(c.get());
        EXPECT_EQ(PQgetResult(c.get()), nullptr);
        const int beats_of_the_way_in = others.beats();
        EXPECT_GT(beats_of_the_way_in, 5);

        ASSERT_EQ(PQresultStatus(result(PQexec(c.get(), "COPY copied TO STDOUT")).get()),
                  PGRES_COPY_OUT);
        std::size_t bytes = 0;
        int rows = 0;
        char* row = nullptr;
        for (int size = 0; (size = PQgetCopyData(c.get(), &row, 0)) > 0; ++rows) {
            const std::string_view text(row, std::size_t(size));
            EXPECT_EQ(std::strtol(row, nullptr, 10), rows);
            EXPECT_EQ(text[text.size() / 2], char('a' + rows % 26));
            bytes += text.size();
            PQfreemem(row);
        }
        EXPECT_EQ(PQresultStatus(result(PQgetResult(c.get())).get()), PGRES_COMMAND_OK);
        EXPECT_EQ(PQgetResult(c.get()), nullptr);
        EXPECT_EQ(rows, copied_rows);
        EXPECT_GT(bytes, std::size_t(copied_rows) * (row_size - 10)); // zeros in front are gone
        EXPECT_GT(others.beats(), beats_of_the_way_in + 5);
        result(PQexec(c.get(), "DROP TABLE copied"));
    });
}

// --- ends ---

TEST_F(libpq, a_cancelled_query_fails_and_its_task_ends_as_cancelled) {
    weft::run([] {
        connection c = connect();
        cancel_while_it_waits([&] {
            const result r(PQexec(c.get(), "SELECT pg_sleep(60)"));
            EXPECT_EQ(PQresultStatus(r.get()), PGRES_FATAL_ERROR);
            EXPECT_NE(std::string(PQerrorMessage(c.get())).find("Operation canceled"),
                      std::string::npos)
                << PQerrorMessage(c.get());
            c.reset(); // the close does not wait, and says good-bye to the server
        });
        const connection other = connect();
        EXPECT_EQ(value_of(other, "SELECT 'in use'"), "in use");
    });
}

TEST_F(libpq, a_cancelled_connect_fails) {
    weft::run([] {
        const silent_listener nobody;
        cancel_while_it_waits([&] {
            const connection c(
                PQconnectdb(("host=127.0.0.1 user=weft sslmode=disable gssencmode=disable port=" +
                             std::to_string(nobody.port()))
                                .c_str()));
            EXPECT_EQ(PQstatus(c.get()), CONNECTION_BAD);
        });
    });
}

TEST_F(libpq, a_query_under_a_time_limit_can_be_given_up) {
    weft::run([] {
        connection c = connect();
        bool failed = false;
        EXPECT_EQ(end_of([&] {
                      with_timeout(50ms, [&] {
                          const result r(PQexec(c.get(), "SELECT pg_sleep(60)"));
                          failed = PQresultStatus(r.get()) == PGRES_FATAL_ERROR;
                          yield(); // the first blocking call of weft's own throws
                          ADD_FAILURE() << "went on";
                      });
                  }),
                  timed_out);
        EXPECT_TRUE(failed);
        c = connect(); // the task goes on as it likes
        EXPECT_EQ(value_of(c, "SELECT 'again'"), "again");
    });
}

TEST_F(libpq, the_connect_timeout_holds_in_each_task_of_its_own) {
    weft::run([] {
        const silent_listener nobody;
        const std::string info = "host=127.0.0.1 user=weft sslmode=disable gssencmode=disable "
                                 "connect_timeout=2 port=" +
                                 std::to_string(nobody.port());
        const auto took = time_of([&] {
            in_tasks(20, [&](int) {
                const connection c(PQconnectdb(info.c_str()));
                EXPECT_EQ(PQstatus(c.get()), CONNECTION_BAD);
                EXPECT_NE(std::string(PQerrorMessage(c.get())).find("timeout expired"),
                          std::string::npos)
                    << PQerrorMessage(c.get());
            });
        });
        EXPECT_GE(took, 1s); // whole seconds of the clock
        EXPECT_LT(took, 2s + 4 * a_second);
    });
}

TEST_F(libpq, a_terminated_connection_is_an_error_of_its_query_alone) {
    weft::run([] {
        const connection victim = connect();
        const connection bystander = connect();
        const std::string id = std::to_string(PQbackendPID(victim.get()));
        in_tasks(3, [&](int i) {
            if (i == 0) {
                const result r(PQexec(victim.get(), "SELECT pg_sleep(60)"));
                EXPECT_EQ(PQresultStatus(r.get()), PGRES_FATAL_ERROR);
                EXPECT_EQ(PQstatus(victim.get()), CONNECTION_BAD);
            } else if (i == 1) {
                EXPECT_EQ(value_of(bystander, "SELECT 'well', pg_sleep(0.1)"), "well");
            } else {
                const connection killer = connect();
                EXPECT_EQ(value_of(killer, ("SELECT pg_terminate_backend(" + id + ")").c_str()),
                          "t");
            }
        });
    });
}

TEST_F(libpq, notifications_are_waited_for_with_poll) {
    weft::run([] {
        const connection listening = connect();
        result(PQexec(listening.get(), "LISTEN news"));
        std::vector<std::string> heard;
        in_tasks(2, [&](int i) {
            if (i == 1) {
                const connection speaker = connect();
                for (const char* text : {"NOTIFY news, 'one'", "NOTIFY news, 'two'"}) {
                    result(PQexec(speaker.get(), text));
                }
                return;
            }
            while (heard.size() < 2) { // as the manual's example does it
                pollfd there = {PQsocket(listening.get()), POLLIN, 0};
                ASSERT_EQ(::poll(&there, 1, -1), 1);
                ASSERT_EQ(PQconsumeInput(listening.get()), 1);
                while (PGnotify* n = PQnotifies(listening.get())) {
                    heard.emplace_back(n->extra);
                    PQfreemem(n);
                }
            }
        });
        EXPECT_EQ(heard, (std::vector<std::string>{"one", "two"}));
    });
}

} // namespace
} // namespace weft::test
