// SPDX-License-Identifier: BSL-1.0
//
// gather(return_exceptions, ...): errors as outcomes; and outcome<T> itself.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using gather_outcome_test = api_test;

int boom() {
    throw std::runtime_error("boom");
}

TEST_F(gather_outcome_test, gives_values_errors_and_cancels_in_argument_order) {
    stderr_lines captured;
    in_virtual_time([] {
        const future<int> gone;
        gone.cancel("gone");
        auto results = gather(
            return_exceptions, boom, [] { return std::string("value"); }, [] { sleep_for(1h); },
            gone);
        static_assert(
            std::is_same_v<decltype(results), std::tuple<outcome<int>, outcome<std::string>,
                                                         outcome<void>, outcome<int>>>);
        auto& [failed, value, nothing, cancelled_one] = results;
        EXPECT_FALSE(failed.has_value());
        EXPECT_EQ(end_of([&r = failed] { r.value(); }), "error: boom");
        EXPECT_NE(failed.error(), nullptr);
        EXPECT_TRUE(value);
        EXPECT_EQ(*value, "value");
        EXPECT_EQ(value->size(), 5u);
        EXPECT_EQ(value.error(), nullptr);
        EXPECT_TRUE(nothing);
        nothing.value();
        EXPECT_EQ(end_of([&r = cancelled_one] { r.value(); }), "cancelled: gone");
    });
    EXPECT_TRUE(captured.finish().empty());
}

TEST_F(gather_outcome_test, no_failure_ends_the_wait_or_cancels_another) {
    in_virtual_time([] {
        std::vector<std::function<int()>> callables;
        callables.emplace_back(boom);
        callables.emplace_back([] {
            sleep_for(1h);
            return 2;
        });
        callables.emplace_back(boom);
        const auto results = gather(return_exceptions, callables);
        static_assert(std::is_same_v<decltype(results), const std::vector<outcome<int>>>);
        ASSERT_EQ(results.size(), 3u);
        EXPECT_FALSE(results[0]);
        EXPECT_EQ(results[1].value(), 2);
        EXPECT_FALSE(results[2]);
    });
}

TEST_F(gather_outcome_test, of_none_and_of_nothing) {
    in_virtual_time([] {
        static_assert(std::is_same_v<decltype(gather(return_exceptions)), std::tuple<>>);
        gather(return_exceptions);
        EXPECT_TRUE(gather(return_exceptions, std::vector<std::function<void()>>{}).empty());
        const auto results =
            gather(return_exceptions, std::vector<std::function<void()>>(2, [] {}));
        EXPECT_TRUE(results.at(1));
    });
}

TEST_F(gather_outcome_test, moves_what_cannot_be_copied_and_passes_references_on) {
    in_virtual_time([] {
        int target = 1;
        auto [moved, reference] = gather(
            return_exceptions, [] { return std::make_unique<int>(5); },
            [&]() -> int& { return target; });
        EXPECT_EQ(*std::move(moved).value(), 5);
        static_assert(std::is_same_v<decltype(reference.value()), int&>);
        *reference = 2;
        EXPECT_EQ(target, 2);
    });
}

TEST_F(gather_outcome_test, a_cancel_of_the_waiter_is_thrown_all_the_same) {
    stderr_lines captured;
    in_virtual_time([] {
        for (const bool swallowed : {false, true}) {
            const future<int> f;
            auto t = spawn([&] {
                gather(return_exceptions, f, [swallowed] {
                    EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled: why");
                    sleep_for(1h);
                    if (!swallowed) {
                        throw std::runtime_error("boom");
                    }
                });
            });
            yield_times(2);
            t.cancel("why");
            EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: why");
            EXPECT_TRUE(f.cancelled());
        }
    });
    EXPECT_TRUE(captured.finish().empty()); // what its children threw then is dropped
}

TEST_F(gather_outcome_test, cancelled_at_every_turn_leaves_nothing) {
    const int turns = cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        {
            auto mine = spawn([&] {
                sleep_for(3ms);
                return live.make();
            });
            const auto end = attempt.run([&] {
                const auto results = gather(
                    return_exceptions, mine,
                    [&] {
                        yield();
                        return live.make();
                    },
                    [&]() -> live_count::object {
                        sleep_for(1ms);
                        throw std::runtime_error("boom");
                    });
                EXPECT_FALSE(std::get<2>(results));
                yield();
            });
            EXPECT_NE(end, cancel_attempt::outcome::error);
            mine.wait();
        }
        EXPECT_EQ(live.alive(), 0);
        EXPECT_EQ(all_tasks().size(), 1u);
    });
    EXPECT_GT(turns, 6);
}

TEST_F(gather_outcome_test, and_throwing_gather_cancelled_at_every_turn) {
    for (const bool fails : {false, true}) {
        const int turns = cancel_at_every_turn([fails](cancel_attempt& attempt) {
            live_count live;
            {
                const future<live_count::object> f;
                auto setter = spawn([&] {
                    sleep_for(2ms);
                    f.try_set_result(live.make());
                });
                const auto end = attempt.run([&] {
                    gather(f, [&] {
                        sleep_for(1ms);
                        auto made = live.make();
                        if (fails) {
                            boom();
                        }
                        return made;
                    });
                    yield();
                });
                const bool cancelled = end == cancel_attempt::outcome::cancelled;
                EXPECT_TRUE(cancelled || (end == cancel_attempt::outcome::error) == fails);
                setter.wait();
                EXPECT_TRUE(f.done());
            }
            EXPECT_EQ(live.alive(), 0);
            EXPECT_EQ(all_tasks().size(), 1u);
        });
        EXPECT_GT(turns, 4);
    }
}

} // namespace
} // namespace weft::test
