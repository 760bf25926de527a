// SPDX-License-Identifier: BSL-1.0
//
// with_timeout() and with_deadline(): whose cancel it was, in every order in which limits, cancels
// from outside and ends can come.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <limits>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using timeout_test = api_test;

TEST_F(timeout_test, returns_what_the_body_returns) {
    in_virtual_time([] {
        EXPECT_EQ(with_timeout(1s, [] { return 5; }), 5);
        int object = 1;
        int& same = with_timeout(1s, [&]() -> int& { return object; });
        EXPECT_EQ(&same, &object);
        with_timeout(1s, [](timeout_scope&) {});
        EXPECT_EQ(with_deadline(clock::time_point::max(), [] { return 6; }), 6);
    });
}

TEST_F(timeout_test, throws_timeout_error_at_its_time) {
    in_virtual_time([] {
        const auto begin = loop_time();
        EXPECT_EQ(end_of([] { with_timeout(3s, [] { sleep_for(1h); }); }), timed_out);
        EXPECT_EQ(loop_time() - begin, 3s);
        EXPECT_EQ(current_task().cancelling(), 0);
        sleep_for(1s); // the task goes on as if nothing had been
    });
}

TEST_F(timeout_test, throws_what_compares_equal_to_timed_out) {
    in_virtual_time([] {
        try {
            with_deadline(loop_time() + 1s, sleep_until_cancelled);
            FAIL();
        } catch (const timeout_error& e) {
            EXPECT_EQ(e.code(), std::errc::timed_out);
            EXPECT_NE(std::string(e.what()).find("weft::with_deadline"), std::string::npos);
        }
    });
}

TEST_F(timeout_test, passes_the_bodys_own_error) {
    in_virtual_time([] {
        EXPECT_EQ(end_of([] { with_timeout(1s, [] { throw std::runtime_error("mine"); }); }),
                  "error: mine");
        EXPECT_EQ(end_of([] {
                      with_timeout(1s, [] {
                          try {
                              sleep_until_cancelled();
                          } catch (const cancelled&) {
                              throw std::runtime_error("instead");
                          }
                      });
                  }),
                  "error: instead");
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST_F(timeout_test, lets_a_body_that_swallows_the_cancel_return) {
    in_virtual_time([] {
        bool expired = false;
        const int value = with_timeout(1s, [&](timeout_scope& scope) {
            try {
                sleep_until_cancelled();
            } catch (const cancelled&) { // cleanup goes on undisturbed
                sleep_for(1h);
            }
            expired = scope.expired();
            return 7;
        });
        EXPECT_EQ(value, 7);
        EXPECT_TRUE(expired);
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST_F(timeout_test, of_zero_or_less_reaches_the_first_blocking_call) {
    in_virtual_time([] {
        for (const auto d : {0s, -5s, std::chrono::seconds::min()}) {
            bool reached = false;
            EXPECT_EQ(end_of([&] {
                          with_timeout(d, [&] {
                              reached = true;
                              yield();
                              ADD_FAILURE() << "the first blocking call went on";
                          });
                      }),
                      timed_out);
            EXPECT_TRUE(reached);
        }
    });
}

TEST_F(timeout_test, does_not_interrupt_a_body_that_never_blocks) {
    in_virtual_time([] {
        EXPECT_EQ(with_timeout(0s, [] { return 1; }), 1);
        EXPECT_EQ(current_task().cancelling(), 0);
        yield(); // and leaves no cancel behind
    });
}

TEST_F(timeout_test, leaves_no_cancel_behind_in_a_task_that_swallowed_one_before) {
    in_virtual_time([] {
        auto t = spawn([] {
            try {
                sleep_until_cancelled();
            } catch (const cancelled&) {
            }
            EXPECT_EQ(current_task().cancelling(), 1);
            // Expires while the body is not blocked: the other task's turn passes the deadline.
            const int value = with_timeout(0s, [](timeout_scope& scope) {
                const cancel_blocker blocked;
                yield();
                EXPECT_TRUE(scope.expired());
                return 1;
            });
            EXPECT_EQ(value, 1);
            EXPECT_EQ(current_task().cancelling(), 1);
            yield();
            EXPECT_EQ(end_of([] { with_timeout(1s, sleep_until_cancelled); }), timed_out);
            return 5;
        });
        settle();
        t.cancel();
        EXPECT_EQ(t.get(), 5);
    });
}

TEST_F(timeout_test, too_long_to_add_is_no_limit) {
    in_virtual_time([] {
        with_timeout(std::chrono::hours::max(), [](timeout_scope& scope) {
            EXPECT_FALSE(scope.when());
            sleep_for(24h);
        });
        with_timeout(std::chrono::duration<double>(std::numeric_limits<double>::infinity()),
                     [](timeout_scope& scope) { EXPECT_FALSE(scope.when()); });
    });
}

TEST_F(timeout_test, refuses_what_is_not_a_number) {
    in_virtual_time([] {
        EXPECT_EQ(text_of<std::invalid_argument>([] {
                      with_timeout(
                          std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()),
                          [] {});
                  }),
                  "weft::with_timeout: the duration is not a number (NaN)");
    });
}

TEST_F(timeout_test, needs_a_task) {
    EXPECT_THROW(with_timeout(1s, [] {}), no_running_loop);
    EXPECT_THROW(with_deadline(clock::time_point::max(), [] {}), no_running_loop);
}

} // namespace
} // namespace weft::test
