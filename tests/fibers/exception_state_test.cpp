// SPDX-License-Identifier: BSL-1.0
//
// Exceptions across switches. Fibers interleave inside catch blocks and inside destructors that run
// during unwinding, in an order in which a thread could never nest them; each must find its own
// exceptions.
#include "fibers/exception_state.hpp"
#include "tests/support/kernel_fixture.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace weft::fibers {
namespace {

using exception_state_test = test::kernel_fixture;

// Runs a function while the stack is unwound.
template <class Function>
class at_unwinding {
  public:
    explicit at_unwinding(Function f) : f_(std::move(f)) {}
    ~at_unwinding() { f_(); }
    at_unwinding(const at_unwinding&) = delete;
    at_unwinding& operator=(const at_unwinding&) = delete;

  private:
    Function f_;
};

std::string what_is_handled() {
    const std::exception_ptr now = std::current_exception();
    if (now == nullptr) {
        return "nothing";
    }
    try {
        std::rethrow_exception(now);
    } catch (const std::exception& e) {
        return e.what();
    }
}

// The expression that only the whole list of caught exceptions can answer.
std::string what_throw_rethrows() {
    try {
        throw;
    } catch (const std::exception& e) {
        return e.what();
    }
}

TEST_F(exception_state_test, yield_inside_catch_in_many_interleaved_fibers) {
    constexpr int fibers = 100;
    for (int i = 0; i < fibers; ++i) {
        start([this, i] {
            const std::string mine = "exception of fiber " + std::to_string(i);
            for (int round = 0; round < 5; ++round) {
                try {
                    throw std::runtime_error(mine);
                } catch (const std::runtime_error& e) {
                    for (int k = 0; k <= i % 7; ++k) {
                        yield();
                        EXPECT_EQ(e.what(), mine);
                        EXPECT_EQ(what_is_handled(), mine);
                        EXPECT_EQ(std::uncaught_exceptions(), 0);
                    }
                }
                EXPECT_EQ(what_is_handled(), "nothing");
            }
        });
    }
    run();
}

TEST_F(exception_state_test, rethrow_after_a_switch_rethrows_this_fibers_exception) {
    constexpr int fibers = 50;
    for (int i = 0; i < fibers; ++i) {
        start([this, i] {
            const std::string mine = std::to_string(i);
            try {
                try {
                    throw std::runtime_error(mine);
                } catch (...) {
                    yield();
                    EXPECT_EQ(what_throw_rethrows(), mine);
                    yield();
                    throw;
                }
            } catch (const std::runtime_error& e) {
                yield();
                EXPECT_EQ(e.what(), mine);
            }
        });
    }
    run();
}

TEST_F(exception_state_test, nested_catch_blocks_with_a_switch_at_each_level) {
    for (int i = 0; i < 20; ++i) {
        start([this, i] {
            const std::string mine = std::to_string(i);
            try {
                throw std::runtime_error("outer " + mine);
            } catch (const std::runtime_error&) {
                yield();
                try {
                    throw std::runtime_error("middle " + mine);
                } catch (const std::runtime_error&) {
                    yield();
                    try {
                        throw std::runtime_error("inner " + mine);
                    } catch (const std::runtime_error&) {
                        yield();
                        EXPECT_EQ(what_throw_rethrows(), "inner " + mine);
                    }
                    yield();
                    EXPECT_EQ(what_throw_rethrows(), "middle " + mine);
                }
                yield();
                EXPECT_EQ(what_throw_rethrows(), "outer " + mine);
            }
            EXPECT_EQ(what_is_handled(), "nothing");
        });
    }
    run();
}

// First in, first out: the reverse of how one thread would nest them.
TEST_F(exception_state_test, catch_blocks_are_left_in_the_order_of_entering) {
    std::array<wait_site, 3> sites{{{"first"}, {"second"}, {"third"}}};
    std::array<fiber*, 3> who{};
    for (std::size_t i = 0; i < 3; ++i) {
        who[i] = &start([this, i, &sites] {
            try {
                throw std::runtime_error(sites[i].operation);
            } catch (const std::runtime_error&) {
                kernel().park(sites[i]);
                note(what_is_handled());
            }
        });
    }
    start([this, &who] {
        for (fiber* f : who) {
            EXPECT_TRUE(kernel().unpark(*f));
            yield();
            EXPECT_EQ(what_is_handled(), "nothing");
        }
    });
    run();
    EXPECT_EQ(log(), (test::log_lines{"first", "second", "third"}));
}

TEST_F(exception_state_test, switch_inside_a_destructor_during_unwinding) {
    for (int i = 0; i < 30; ++i) {
        start([this, i] {
            const std::string mine = std::to_string(i);
            try {
                const at_unwinding slow([this, i] {
                    for (int k = 0; k <= i % 5; ++k) {
                        EXPECT_EQ(std::uncaught_exceptions(), 1);
                        yield();
                    }
                    EXPECT_EQ(std::uncaught_exceptions(), 1);
                });
                throw std::runtime_error(mine);
            } catch (const std::runtime_error& e) {
                EXPECT_EQ(e.what(), mine);
                EXPECT_EQ(std::uncaught_exceptions(), 0);
            }
        });
    }
    run();
}

TEST_F(exception_state_test, exceptions_thrown_and_caught_in_a_destructor_during_unwinding) {
    for (int i = 0; i < 10; ++i) {
        start([this, i] {
            const std::string mine = std::to_string(i);
            try {
                const at_unwinding slow([this, &mine] {
                    try {
                        yield();
                        throw std::logic_error("inner " + mine);
                    } catch (const std::logic_error& e) {
                        yield();
                        EXPECT_EQ(e.what(), "inner " + mine);
                        EXPECT_EQ(std::uncaught_exceptions(), 1);
                    }
                    yield();
                });
                throw std::runtime_error("outer " + mine);
            } catch (const std::exception& e) {
                EXPECT_EQ(e.what(), "outer " + mine);
            }
        });
    }
    run();
}

TEST_F(exception_state_test, uncaught_exceptions_are_counted_per_fiber) {
    start([this] {
        try {
            const at_unwinding outer([this] {
                try {
                    const at_unwinding inner([this] {
                        EXPECT_EQ(std::uncaught_exceptions(), 2);
                        yield();
                        EXPECT_EQ(std::uncaught_exceptions(), 2);
                    });
                    throw 2;
                } catch (int) {
                    EXPECT_EQ(std::uncaught_exceptions(), 1);
                    yield();
                    EXPECT_EQ(std::uncaught_exceptions(), 1);
                }
            });
            throw 1;
        } catch (int) {
            EXPECT_EQ(std::uncaught_exceptions(), 0);
        }
    });
    start([this] {
        for (int i = 0; i < 4; ++i) {
            EXPECT_EQ(std::uncaught_exceptions(), 0);
            yield();
        }
    });
    run();
}

TEST_F(exception_state_test, the_loops_own_stack_handles_nothing_while_fibers_are_in_catch_blocks) {
    struct looker : callback {
        looker()
            : callback([](callback& c) noexcept {
                  EXPECT_EQ(what_is_handled(), "nothing");
                  EXPECT_EQ(std::uncaught_exceptions(), 0);
                  static_cast<looker&>(c).ran = true;
              }) {}
        bool ran = false;
    } in_catch, in_unwinding;
    start([&, this] {
        try {
            const at_unwinding slow([&, this] {
                kernel().post(in_unwinding);
                yield();
                EXPECT_TRUE(in_unwinding.ran);
                EXPECT_EQ(std::uncaught_exceptions(), 1);
            });
            throw std::runtime_error("of the fiber");
        } catch (...) {
            kernel().post(in_catch);
            yield();
            EXPECT_TRUE(in_catch.ran);
            EXPECT_EQ(what_throw_rethrows(), "of the fiber");
        }
    });
    run();
}

TEST_F(exception_state_test, a_fiber_started_at_once_from_a_catch_block_starts_clean) {
    start([this] {
        try {
            throw std::runtime_error("of the parent");
        } catch (...) {
            ASSERT_TRUE(spawn_eager(make([this] {
                EXPECT_EQ(what_is_handled(), "nothing");
                try {
                    throw std::runtime_error("of the child");
                } catch (...) {
                    yield();
                    EXPECT_EQ(what_throw_rethrows(), "of the child");
                }
            })));
            EXPECT_EQ(what_throw_rethrows(), "of the parent");
            yield();
            EXPECT_EQ(what_throw_rethrows(), "of the parent");
        }
    });
    run();
}

TEST_F(exception_state_test, a_fiber_started_at_once_during_unwinding_starts_clean) {
    start([this] {
        try {
            const at_unwinding spawner([this] {
                ASSERT_TRUE(spawn_eager(make([this] {
                    EXPECT_EQ(std::uncaught_exceptions(), 0);
                    yield();
                    EXPECT_EQ(std::uncaught_exceptions(), 0);
                })));
                EXPECT_EQ(std::uncaught_exceptions(), 1);
            });
            throw 1;
        } catch (int) {
        }
    });
    run();
}

// Whether it is started by the worker itself, straight after the last user, or after a rest in the
// pool; and whatever the last user did with exceptions, up to ending while others are inside
// theirs.
TEST_F(exception_state_test, a_fresh_fiber_on_a_recycled_worker_has_clean_exception_state) {
    const worker* recycled = nullptr;
    const auto throw_and_end = [this, &recycled] {
        recycled = kernel().running_worker();
        try {
            const at_unwinding slow([this] { yield(); });
            throw std::runtime_error("of the last user");
        } catch (const std::runtime_error&) {
            yield();
        }
        errno = EPIPE;
    };
    const auto look = [this, &recycled] {
        EXPECT_EQ(kernel().running_worker(), recycled);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        EXPECT_EQ(std::current_exception(), nullptr);
        EXPECT_EQ(errno, 0);
    };
    bool stop = false;
    start([&, this] { // stays in a catch block, or unwinds, all the time
        while (!stop) {
            try {
                const at_unwinding slow([this] { yield(); });
                throw std::runtime_error("of a bystander");
            } catch (const std::runtime_error&) {
                yield();
            }
        }
    });
    start([&, this] {
        test::test_fiber& last_user = start(throw_and_end);
        while (!last_user.ended()) {
            yield();
        }
        for (int i = 0; i < 2; ++i) {
            test::test_fiber& next_user = start(look);
            while (!next_user.ended()) {
                yield();
            }
        }
        stop = true;
    });
    run();
}

TEST_F(exception_state_test, an_exception_kept_by_pointer_is_rethrown_in_another_fiber) {
    std::exception_ptr kept;
    start([&] {
        try {
            throw std::runtime_error("kept");
        } catch (...) {
            kept = std::current_exception();
            yield();
        }
    });
    start([&] {
        for (int i = 0; i < 2; ++i) {
            try {
                std::rethrow_exception(kept);
            } catch (const std::runtime_error& e) {
                yield(); // meanwhile the thrower leaves its catch block
                EXPECT_STREQ(e.what(), "kept");
            }
        }
        kept = nullptr;
    });
    run();
}

TEST_F(exception_state_test, a_switch_while_an_exception_passes_through_many_frames) {
    struct frame {
        static void go(scheduler& s, int depth) {
            const at_unwinding slow([&s] { s.yield(); });
            if (depth == 0) {
                throw std::runtime_error("from below");
            }
            go(s, depth - 1);
        }
    };
    for (int i = 0; i < 10; ++i) {
        start([this, i] {
            try {
                frame::go(kernel(), 10 + i);
                ADD_FAILURE() << "nothing was thrown";
            } catch (const std::runtime_error& e) {
                EXPECT_STREQ(e.what(), "from below");
            }
        });
    }
    run();
}

} // namespace
} // namespace weft::fibers
