// SPDX-License-Identifier: BSL-1.0
//
// gather() of callables: results in argument order, from arguments and from ranges, and what the
// first failure does.
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <array>
#include <functional>
#include <list>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using gather_test = api_test;

TEST_F(gather_test, returns_results_in_argument_order) {
    in_virtual_time([] {
        std::string finished;
        const auto [a, b, c] = gather(
            [&] {
                sleep_for(3h);
                finished += "a";
                return 1;
            },
            [&] {
                sleep_for(1h);
                finished += "b";
                return std::string("two");
            },
            [&] {
                sleep_for(2h);
                finished += "c";
                return 3.0;
            });
        EXPECT_EQ(a, 1);
        EXPECT_EQ(b, "two");
        EXPECT_EQ(c, 3.0);
        EXPECT_EQ(finished, "bca");
    });
}

TEST_F(gather_test, starts_all_at_once_and_in_order) {
    const unshuffled order;
    in_virtual_time([] {
        std::string log;
        gather([&] { log += "a"; }, [&] { log += "b"; }, [&] { log += "c"; });
        EXPECT_EQ(log, "abc");
    });
}

TEST_F(gather_test, of_one_and_of_none) {
    in_virtual_time([] {
        const std::tuple<int> one = gather([] { return 1; });
        EXPECT_EQ(std::get<0>(one), 1);
        static_assert(std::is_same_v<decltype(gather()), std::tuple<>>);
        gather();
        EXPECT_TRUE(gather(std::vector<std::function<int()>>{}).empty());
        gather(std::vector<std::function<void()>>{});
    });
}

TEST_F(gather_test, gives_monostate_for_void) {
    in_virtual_time([] {
        bool ran = false;
        auto results = gather([&] { ran = true; }, [] { return 2; });
        static_assert(std::is_same_v<decltype(results), std::tuple<std::monostate, int>>);
        EXPECT_TRUE(ran);
        EXPECT_EQ(std::get<1>(results), 2);
    });
}

TEST_F(gather_test, moves_results_and_callables_that_cannot_be_copied) {
    in_virtual_time([] {
        auto held = std::make_unique<int>(5);
        auto [a, b] = gather([p = std::move(held)] { return std::make_unique<int>(*p + 1); },
                             [] { return move_only(7); });
        EXPECT_EQ(*a, 6);
        EXPECT_EQ(b.value(), 7);
    });
}

TEST_F(gather_test, keeps_references) {
    in_virtual_time([] {
        int target = 1;
        auto results = gather([&]() -> int& { return target; });
        static_assert(std::is_same_v<decltype(results), std::tuple<int&>>);
        EXPECT_EQ(&std::get<0>(results), &target);
    });
}

TEST_F(gather_test, copies_named_callables) {
    in_virtual_time([] {
        const auto f = [] { return 1; };
        auto g = [n = 0]() mutable { return ++n; };
        EXPECT_EQ(gather(f, g, g), std::make_tuple(1, 1, 1));
    });
}

TEST_F(gather_test, of_an_lvalue_range_copies_the_callables) {
    in_virtual_time([] {
        std::vector<std::function<int()>> callables;
        for (int i = 0; i < 10; ++i) {
            callables.emplace_back([i] {
                sleep_for(10h - i * 1h);
                return i;
            });
        }
        for (int round = 0; round < 2; ++round) {
            EXPECT_EQ(gather(callables), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
        }
        const auto& constant = callables;
        EXPECT_EQ(gather(constant).size(), 10u);
    });
}

TEST_F(gather_test, of_an_rvalue_range_moves_the_callables) {
    in_virtual_time([] {
        const auto make = [](int i) { return [p = std::make_unique<int>(i)] { return *p; }; };
        std::vector<decltype(make(0))> callables;
        callables.push_back(make(1));
        callables.push_back(make(2));
        EXPECT_EQ(gather(std::move(callables)), (std::vector<int>{1, 2}));
    });
}

TEST_F(gather_test, of_other_ranges) {
    in_virtual_time([] {
        const auto make = [](int i) { return [i] { return i; }; };
        std::array<decltype(make(0)), 3> array{make(1), make(2), make(3)};
        EXPECT_EQ(gather(array), (std::vector<int>{1, 2, 3}));
        std::list<decltype(make(0))> list{make(4), make(5)};
        EXPECT_EQ(gather(list), (std::vector<int>{4, 5}));
#if !defined(__clang__) || __clang_major__ >= 16 // before, clang does not compile libstdc++'s views
        EXPECT_EQ(gather(std::views::iota(6, 9) | std::views::transform(make)),
                  (std::vector<int>{6, 7, 8}));
        auto lazy = std::views::iota(6, 9) | std::views::transform(make);
        EXPECT_EQ(gather(lazy), (std::vector<int>{6, 7, 8}));
#endif
    });
}

TEST_F(gather_test, of_a_range_of_void_returns_nothing) {
    in_virtual_time([] {
        int sum = 0;
        std::vector<std::function<void()>> callables(3, [&] { ++sum; });
        static_assert(std::is_void_v<decltype(gather(callables))>);
        gather(callables);
        EXPECT_EQ(sum, 3);
    });
}

TEST_F(gather_test, of_a_range_moves_results_that_cannot_be_copied) {
    in_virtual_time([] {
        const auto make = [](int i) { return [i] { return std::make_unique<int>(i); }; };
        std::vector<decltype(make(0))> callables{make(1), make(2)};
        const auto results = gather(callables);
        ASSERT_EQ(results.size(), 2u);
        EXPECT_EQ(*results[0], 1);
        EXPECT_EQ(*results[1], 2);
    });
}

TEST_F(gather_test, can_be_large) {
    in_virtual_time([] {
        const auto make = [](int i) { return [i] { return i; }; };
        std::vector<decltype(make(0))> callables;
        for (int i = 0; i < 1'000; ++i) {
            callables.push_back(make(i));
        }
        const auto results = gather(std::move(callables));
        for (int i = 0; i < 1'000; ++i) {
            ASSERT_EQ(results[std::size_t(i)], i);
        }
    });
}

TEST_F(gather_test, can_nest) {
    in_virtual_time([] {
        struct {
            int operator()(int depth) const {
                if (depth == 0) {
                    yield();
                    return 1;
                }
                const auto [a, b] = gather([=, this] { return (*this)(depth - 1); },
                                           [=, this] { return (*this)(depth - 1); });
                return a + b;
            }
        } const tree;
        EXPECT_EQ(tree(8), 256);
    });
}

TEST_F(gather_test, throws_the_first_failure_in_time_when_all_have_ended) {
    in_virtual_time([] {
        std::string log;
        EXPECT_EQ(end_of([&] {
                      gather(
                          [&] {
                              const at_scope_end note([&] {
                                  sleep_for(5h); // cleaning up takes long
                                  log += "sibling ended, ";
                              });
                              sleep_until_cancelled();
                          },
                          [] {
                              sleep_for(2h);
                              throw std::runtime_error("second in time");
                          },
                          [] {
                              sleep_for(1h);
                              throw std::runtime_error("first in time");
                          });
                  }),
                  "error: first in time");
        EXPECT_EQ(log, "sibling ended, ");
        EXPECT_EQ(all_tasks().size(), 1u);
    });
}

TEST_F(gather_test, a_failure_stops_siblings_that_have_not_begun) {
    const unshuffled order;
    in_virtual_time([] {
        bool ran = false;
        EXPECT_EQ(end_of([&] {
                      gather([] { throw std::runtime_error("at once"); }, [&] { ran = true; });
                  }),
                  "error: at once");
        EXPECT_FALSE(ran);
    });
}

TEST_F(gather_test, drops_later_errors_silently) {
    const unshuffled order;
    stderr_lines captured;
    in_virtual_time([] {
        EXPECT_EQ(end_of([] {
                      gather([] { throw std::runtime_error("first"); },
                             [] { throw std::runtime_error("never begun"); },
                             [] {
                                 EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                                 throw std::runtime_error("later");
                             });
                  }),
                  "error: first");
        EXPECT_EQ(end_of([] {
                      gather(
                          [] {
                              yield();
                              throw std::runtime_error("first");
                          },
                          [] {
                              yield();
                              throw std::runtime_error("in the same turn");
                          },
                          [] {
                              EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                              throw std::runtime_error("later");
                          });
                  }),
                  "error: first");
    });
    EXPECT_TRUE(captured.finish().empty());
}

TEST_F(gather_test, a_sibling_that_swallows_the_cancel_is_waited_for) {
    in_virtual_time([] {
        bool ended = false;
        EXPECT_EQ(end_of([&] {
                      gather(
                          [] {
                              yield();
                              throw std::runtime_error("boom");
                          },
                          [&] {
                              EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                              sleep_for(1h);
                              ended = true;
                          });
                  }),
                  "error: boom");
        EXPECT_TRUE(ended);
    });
}

TEST_F(gather_test, errors_that_are_no_std_exception_pass_too) {
    in_virtual_time([] { EXPECT_THROW(gather([] { throw 5; }, sleep_until_cancelled), int); });
}

TEST_F(gather_test, in_a_range_the_first_failure_is_thrown_as_well) {
    in_virtual_time([] {
        std::vector<std::function<int()>> callables;
        callables.emplace_back([]() -> int {
            sleep_until_cancelled();
            return 0;
        });
        callables.emplace_back([]() -> int {
            sleep_for(1h);
            throw std::runtime_error("boom");
        });
        EXPECT_EQ(end_of([&] { gather(callables); }), "error: boom");
    });
}

TEST_F(gather_test, results_of_a_failed_one_are_destroyed) {
    in_virtual_time([] {
        live_count live;
        EXPECT_EQ(end_of([&] {
                      gather([&] { return live.make(); },
                             [] {
                                 sleep_for(1h);
                                 throw std::runtime_error("boom");
                             });
                  }),
                  "error: boom");
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(gather_test, a_callable_that_fails_to_copy_leaves_no_child) {
    struct fails_to_copy {
        fails_to_copy() = default;
        fails_to_copy(const fails_to_copy&) { throw std::runtime_error("no copy"); }
        void operator()() const {}
    };
    in_virtual_time([] {
        bool ran = false;
        const fails_to_copy f;
        EXPECT_EQ(end_of([&] { gather([&] { ran = true; }, f); }), "error: no copy");
        EXPECT_FALSE(ran);
        EXPECT_EQ(all_tasks().size(), 1u);

        std::array<fails_to_copy, 2> range;
        EXPECT_EQ(end_of([&] { gather(range); }), "error: no copy");
        EXPECT_EQ(all_tasks().size(), 1u);
    });
}

TEST_F(gather_test, allocates_nothing_in_steady_state) {
    in_virtual_time([] {
        const auto round = [] {
            const future<int> f;
            f.set_result(1);
            gather(
                f, [] { yield(); }, [] { return 2; });
        };
        round(); // the loop keeps the memory
        const failing_new none(1);
        round();
        EXPECT_FALSE(none.struck());
    });
}

} // namespace
} // namespace weft::test
