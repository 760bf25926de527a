// SPDX-License-Identifier: BSL-1.0
//
// libmariadb's blocking functions in tasks, against a MariaDB of the test's own.
#include "tests/support/database_servers.hpp"
#include "tests/support/ported_fixture.hpp"

#include <cerrno>

#include <errmsg.h>
#include <mysql.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

struct connection_end {
    void operator()(MYSQL* m) const { mysql_close(m); }
};
struct result_end {
    void operator()(MYSQL_RES* r) const { mysql_free_result(r); }
};
using connection = std::unique_ptr<MYSQL, connection_end>;
using result = std::unique_ptr<MYSQL_RES, result_end>;

connection unconnected(unsigned read_timeout = 0) {
    connection c(mysql_init(nullptr));
    const unsigned plain = 0;
    mysql_options(c.get(), MYSQL_OPT_SSL_ENFORCE, &plain);
    if (read_timeout != 0) {
        mysql_options(c.get(), MYSQL_OPT_READ_TIMEOUT, &read_timeout);
    }
    return c;
}

bool connect(const connection& c, int port) {
    return mysql_real_connect(c.get(), "127.0.0.1", "weft", nullptr, "test", unsigned(port),
                              nullptr, 0) != nullptr;
}

std::string value_of(const connection& c, const std::string& query) {
    EXPECT_EQ(mysql_real_query(c.get(), query.data(), query.size()), 0) << mysql_error(c.get());
    const result r(mysql_store_result(c.get()));
    if (!r) {
        return mysql_error(c.get());
    }
    const MYSQL_ROW row = mysql_fetch_row(r.get());
    return row != nullptr && row[0] != nullptr ? std::string(row[0], *mysql_fetch_lengths(r.get()))
                                               : "(none)";
}

class mariadb : public with_server<mariadb_server> {
  protected:
    static void SetUpTestSuite() {
        mysql_library_init(0, nullptr, nullptr); // for all threads, before any is begun
        with_server::SetUpTestSuite();
    }
    static connection open(unsigned read_timeout = 0) {
        connection c = unconnected(read_timeout);
        EXPECT_TRUE(connect(c, server().port())) << mysql_error(c.get());
        return c;
    }
};

TEST_F(mariadb, fifty_queries_sleep_as_long_as_one) {
    weft::run([] {
        std::vector<connection> all(50);
        in_tasks(50, [&](int i) { all[std::size_t(i)] = open(); });
        const auto took = time_of([&] {
            in_tasks(50, [&](int i) {
                EXPECT_EQ(value_of(all[std::size_t(i)], "SELECT SLEEP(0.2)"), "0");
            });
        });
        EXPECT_GE(took, 200ms);
        EXPECT_LT(took, a_second);
    });
}

TEST_F(mariadb, each_task_gets_the_answers_to_its_own_questions) {
    weft::run([] {
        in_tasks(50, [](int i) {
            const connection c = open();
            for (int n = 0; n < 20; ++n) {
                const std::string words = std::to_string(i) + " and " + std::to_string(n);
                EXPECT_EQ(value_of(c, "SELECT '" + words + "'"), words);
            }
        });
    });
}

TEST_F(mariadb, a_value_of_many_megabytes_is_sent_and_received_whole) {
    weft::run([] {
        const connection c = open();
        const heartbeat others;
        EXPECT_EQ(value_of(c, "SELECT REPEAT('weft', 4000000)").size(), 16'000'000U);
        const std::string question = "SELECT LENGTH('" + std::string(8'000'000, 'x') + "')";
        EXPECT_EQ(value_of(c, question), "8000000");
        EXPECT_GT(others.beats(), 0);
    });
}

TEST_F(mariadb, rows_of_a_large_result_are_read_one_by_one) {
    weft::run([] {
        in_tasks(5, [](int) {
            const connection c = open();
            ASSERT_EQ(mysql_query(c.get(), "SELECT seq FROM seq_1_to_20000"), 0)
                << mysql_error(c.get());
            const result r(mysql_use_result(c.get()));
            int expected = 1;
            while (const MYSQL_ROW row = mysql_fetch_row(r.get())) {
                ASSERT_EQ(std::atoi(row[0]), expected++);
            }
            EXPECT_EQ(mysql_errno(c.get()), 0U) << mysql_error(c.get());
            EXPECT_EQ(expected, 20'001);
        });
    });
}

TEST_F(mariadb, locks_of_the_server_are_waited_for_by_their_task_alone) {
    weft::run([] {
        const connection owner = open();
        EXPECT_EQ(value_of(owner, "SELECT GET_LOCK('door', 10)"), "1");
        task<std::string> second = spawn([] {
            const connection c = open();
            return value_of(c, "SELECT GET_LOCK('door', 10)");
        });
        EXPECT_EQ(value_of(owner, "SELECT SLEEP(0.05)"), "0");
        EXPECT_FALSE(second.done());
        EXPECT_EQ(value_of(owner, "SELECT RELEASE_LOCK('door')"), "1");
        EXPECT_EQ(second.get(), "1");
    });
}

TEST_F(mariadb, the_read_timeout_holds) {
    weft::run([] {
        const connection c = open(1);
        const heartbeat others;
        const auto took = time_of([&] {
            EXPECT_NE(mysql_query(c.get(), "SELECT SLEEP(30)"), 0);
            EXPECT_EQ(mysql_errno(c.get()), unsigned(CR_SERVER_LOST)) << mysql_error(c.get());
        });
        EXPECT_GE(took, 990ms);
        EXPECT_LT(took, 1s + 4 * a_second);
        EXPECT_GT(others.beats(), 50);
    });
}

TEST_F(mariadb, a_connection_that_the_server_ends_is_an_error_of_its_task_alone) {
    weft::run([] {
        const connection victim = open();
        const std::string id = std::to_string(mysql_thread_id(victim.get()));
        in_tasks(3, [&](int i) {
            if (i == 0) {
                EXPECT_NE(mysql_query(victim.get(), "SELECT SLEEP(60)"), 0);
                EXPECT_EQ(mysql_errno(victim.get()), unsigned(CR_SERVER_LOST))
                    << mysql_error(victim.get());
            } else if (i == 1) {
                EXPECT_EQ(value_of(open(), "SELECT SLEEP(0.1)"), "0");
            } else {
                const connection killer = open();
                while (value_of(killer, "SELECT COUNT(*) FROM information_schema.processlist "
                                        "WHERE state = 'User sleep' AND id = " +
                                            id) != "1") {
                }
                EXPECT_EQ(mysql_query(killer.get(), ("KILL " + id).c_str()), 0);
            }
        });
    });
}

TEST_F(mariadb, a_cancelled_query_fails_and_its_task_ends_as_cancelled) {
    weft::run([] {
        connection c = open();
        cancel_while_it_waits([&] {
            EXPECT_NE(mysql_query(c.get(), "SELECT SLEEP(60)"), 0);
            EXPECT_NE(mysql_errno(c.get()), 0U);
            c.reset();
        });
        EXPECT_EQ(value_of(open(), "SELECT 'in use'"), "in use");
    });
}

TEST_F(mariadb, a_cancelled_connect_fails) {
    weft::run([] {
        const silent_listener nobody;
        cancel_while_it_waits([&] {
            const connection c = unconnected();
            EXPECT_FALSE(connect(c, nobody.port()));
        });
    });
}

} // namespace
} // namespace weft::test
