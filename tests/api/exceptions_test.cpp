// SPDX-License-Identifier: BSL-1.0
//
// Exceptions, errno and deep stacks across switches: each task has its own, however they
// interleave.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/stack_use.hpp"

#include <cerrno>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using exceptions_test = api_test;

// Runs body(i) in `count` tasks at once.
template <class F>
void in_tasks(int count, F body) {
    in_virtual_time([&] {
        std::vector<task<void>> tasks;
        for (int i = 0; i < count; ++i) {
            tasks.push_back(spawn([&body, i] { body(i); }));
        }
        for (auto& t : tasks) {
            t.get();
        }
    });
}

std::string text(int i, const char* what = "error") {
    return what + std::string(" of ") + std::to_string(i);
}

TEST_F(exceptions_test, each_task_rethrows_its_own_after_a_yield_in_the_catch_block) {
    in_tasks(50, [](int i) {
        EXPECT_EQ(text_of<std::runtime_error>([i] {
                      try {
                          throw std::runtime_error(text(i));
                      } catch (const std::runtime_error&) {
                          yield_times(1 + i % 3);
                          throw;
                      }
                  }),
                  text(i));
    });
}

TEST_F(exceptions_test, catch_blocks_nest_across_switches) {
    in_tasks(20, [](int i) {
        try {
            throw std::runtime_error(text(i, "outer"));
        } catch (const std::runtime_error& outer) {
            yield();
            try {
                throw std::logic_error(text(i, "inner"));
            } catch (const std::logic_error& inner) {
                sleep_for(std::chrono::minutes(i % 5));
                EXPECT_EQ(inner.what(), text(i, "inner"));
                EXPECT_EQ(text_of<std::logic_error>([] { throw; }), text(i, "inner"));
            }
            yield();
            EXPECT_EQ(outer.what(), text(i, "outer"));
            EXPECT_EQ(text_of<std::runtime_error>([] { throw; }), text(i, "outer"));
        }
        EXPECT_EQ(std::current_exception(), nullptr);
    });
}

TEST_F(exceptions_test, leave_catch_blocks_in_any_order) {
    in_virtual_time([] {
        // The first to enter its catch block is the first to leave it: no stack order.
        std::string log;
        std::vector<task<void>> tasks;
        for (int i = 0; i < 5; ++i) {
            tasks.push_back(spawn([&log, i] {
                try {
                    throw std::runtime_error(std::to_string(i));
                } catch (const std::runtime_error& e) {
                    sleep_for(std::chrono::hours((i * 3) % 5));
                    log += e.what();
                }
            }));
        }
        for (auto& t : tasks) {
            t.get();
        }
        EXPECT_EQ(log, "02413");
    });
}

TEST_F(exceptions_test, uncaught_exceptions_counts_for_each_task) {
    in_tasks(20, [](int) {
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        EXPECT_THROW(
            {
                const at_scope_end check([] {
                    EXPECT_EQ(std::uncaught_exceptions(), 1);
                    yield();
                    EXPECT_EQ(std::uncaught_exceptions(), 1);
                    try {
                        const at_scope_end nested([] {
                            yield();
                            EXPECT_EQ(std::uncaught_exceptions(), 2);
                        });
                        throw std::logic_error("while unwinding");
                    } catch (const std::logic_error&) {
                        sleep_for(1h);
                        EXPECT_EQ(std::uncaught_exceptions(), 1);
                    }
                });
                throw std::runtime_error("boom");
            },
            std::runtime_error);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
    });
}

TEST_F(exceptions_test, a_task_that_begins_during_anothers_unwinding_is_not_affected) {
    in_virtual_time([] {
        int seen = -1;
        auto other = spawn([&] { // begins while main unwinds
            seen = std::uncaught_exceptions();
            EXPECT_EQ(std::current_exception(), nullptr);
        });
        EXPECT_THROW(
            {
                const at_scope_end block([] { settle(); });
                throw std::runtime_error("boom");
            },
            std::runtime_error);
        EXPECT_EQ(seen, 0);
        other.get();

        auto eager_seen = std::make_shared<int>(-1);
        EXPECT_THROW(
            {
                const at_scope_end block([&] {
                    spawn({.eager = true}, [=] { *eager_seen = std::uncaught_exceptions(); }).get();
                });
                throw std::runtime_error("boom");
            },
            std::runtime_error);
        EXPECT_EQ(*eager_seen, 0);
    });
}

TEST_F(exceptions_test, a_task_spawned_in_a_catch_block_has_no_current_exception) {
    in_virtual_time([] {
        try {
            throw std::runtime_error("boom");
        } catch (const std::runtime_error& e) {
            auto t = spawn([] { return std::current_exception() == nullptr; });
            EXPECT_TRUE(t.get());
            EXPECT_STREQ(e.what(), "boom");
            EXPECT_NE(std::current_exception(), nullptr);
        }
    });
}

TEST_F(exceptions_test, one_error_object_can_be_handled_by_many_at_once) {
    in_virtual_time([] {
        auto failing = spawn([] {
            sleep_for(1h);
            throw std::runtime_error("shared");
        });
        std::vector<task<void>> readers;
        for (int i = 0; i < 20; ++i) {
            readers.push_back(spawn([view = failing.view(), i]() mutable {
                try {
                    view.get();
                    ADD_FAILURE() << "nothing was thrown";
                } catch (const std::runtime_error& e) {
                    sleep_for(std::chrono::minutes(i % 7));
                    EXPECT_STREQ(e.what(), "shared");
                    EXPECT_EQ(text_of<std::runtime_error>([] { throw; }), "shared");
                }
            }));
        }
        for (auto& r : readers) {
            r.get();
        }
    });
}

TEST_F(exceptions_test, a_task_may_end_inside_anothers_catch_block) {
    in_tasks(10, [](int i) {
        try {
            throw std::runtime_error(text(i));
        } catch (const std::runtime_error& e) {
            EXPECT_EQ(end_of([] { spawn([] { throw std::logic_error("inner"); }).get(); }),
                      "error: inner");
            EXPECT_EQ(e.what(), text(i));
        }
    });
}

TEST_F(exceptions_test, nested_exceptions_survive_the_way_to_the_waiter) {
    in_virtual_time([] {
        auto t = spawn([] {
            try {
                throw std::runtime_error("cause");
            } catch (...) {
                yield();
                std::throw_with_nested(std::logic_error("effect"));
            }
        });
        try {
            t.get();
            ADD_FAILURE() << "nothing was thrown";
        } catch (const std::logic_error& e) {
            EXPECT_STREQ(e.what(), "effect");
            EXPECT_EQ(end_of([&] { std::rethrow_if_nested(e); }), "error: cause");
        }
    });
}

TEST_F(exceptions_test, errno_survives_every_switch) {
    in_tasks(50, [](int i) {
        for (int round = 0; round < 3; ++round) {
            errno = 1'000 + i;
            yield();
            EXPECT_EQ(errno, 1'000 + i);
            sleep_for(std::chrono::minutes(i % 7));
            EXPECT_EQ(errno, 1'000 + i);
        }
    });
}

TEST_F(exceptions_test, errno_survives_a_spawned_task_and_a_callback) {
    in_virtual_time([] {
        auto t = spawn([] { errno = 5; });
        t.add_done_callback([](const task_ref&) { errno = 6; });
        errno = 77;
        yield_times(2);
        EXPECT_EQ(errno, 77);
        auto eager = spawn({.eager = true}, [] { errno = 5; });
        EXPECT_EQ(errno, 77);
        t.get();
        eager.get();
    });
}

TEST_F(exceptions_test, an_exception_crosses_a_deep_stack) {
    in_tasks(10, [](int i) {
        EXPECT_EQ(end_of([i] {
                      at_depth(100 * 1024, [i] {
                          yield();
                          throw std::runtime_error(text(i));
                      });
                  }),
                  "error: " + text(i));
    });
}

TEST_F(exceptions_test, deep_recursion_within_the_stack_interleaves) {
    in_tasks(10, [](int) {
        at_depth(150 * 1024, [] {
            sleep_for(1h);
            at_depth(20 * 1024, [] { yield(); });
        });
    });
}

} // namespace
} // namespace weft::test
