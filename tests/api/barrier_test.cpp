// SPDX-License-Identifier: BSL-1.0
//
// barrier: rounds that fill and drain, what breaks them, and what a cancel does in each state.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using barrier_test = ordered_api_test; // who came as which is told by numbers
using barrier_in_any_order = api_test;
using barrier_Death = api_test;
using testing::AllOf;
using testing::HasSubstr;

// Starts `count` tasks that arrive; their ends are the numbers they got, "cancelled" or "broken".
struct arrivals {
    explicit arrivals(barrier& to, int count) {
        for (int i = 0; i < count; ++i) {
            tasks.push_back(spawn([&to] {
                try {
                    return std::to_string(to.arrive_and_wait());
                } catch (const broken_barrier&) {
                    return std::string("broken");
                }
            }));
        }
        yield();
    }
    std::string finish() {
        std::string ends;
        for (auto& t : tasks) {
            t.wait();
            ends += t.cancelled() ? "cancelled" : t.result();
            ends += ' ';
        }
        return ends;
    }
    std::vector<task<std::string>> tasks;
};

TEST_F(barrier_test, all_go_on_when_the_last_has_come) {
    in_virtual_time([] {
        barrier b(3);
        EXPECT_EQ(b.parties(), 3u);
        for (int round = 0; round < 3; ++round) {
            arrivals first(b, 2);
            EXPECT_EQ(b.n_waiting(), 2u);
            yield_times(3);
            EXPECT_FALSE(first.tasks[0].done());
            EXPECT_EQ(b.arrive_and_wait(), 2u);
            EXPECT_EQ(b.n_waiting(), 0u);
            EXPECT_EQ(first.finish(), "0 1 ");
            EXPECT_EQ(b.n_waiting(), 0u);
            EXPECT_FALSE(b.broken());
        }
    });
}

TEST_F(barrier_test, for_one_it_never_blocks) {
    barrier b(1);
    EXPECT_EQ(b.arrive_and_wait(), 0u);
    EXPECT_EQ(b.arrive_and_wait(), 0u);
    EXPECT_EQ(b.n_waiting(), 0u);
}

TEST_F(barrier_test, who_arrives_while_it_drains_waits_for_the_next_round) {
    in_virtual_time([] {
        barrier b(2);
        arrivals first(b, 1);
        b.arrive_and_wait();
        auto next = spawn({.eager = true}, [&] { return b.arrive_and_wait(); });
        EXPECT_EQ(b.n_waiting(), 0u);
        EXPECT_EQ(first.finish(), "0 ");
        yield_times(2);
        EXPECT_FALSE(next.done());
        EXPECT_EQ(b.n_waiting(), 1u);
        EXPECT_EQ(b.arrive_and_wait(), 1u);
        EXPECT_EQ(next.get(), 0u);
    });
}

TEST_F(barrier_in_any_order, tasks_meet_there_round_after_round) {
    in_virtual_time([] {
        barrier b(5);
        std::vector<int> rounds(5, 0);
        std::vector<task<void>> tasks;
        for (std::size_t i = 0; i < 5; ++i) {
            tasks.push_back(spawn([&, i] {
                for (int round = 0; round < 20; ++round) {
                    sleep_for((i * 7 + std::size_t(round)) % 5 * 1ms);
                    ++rounds[i];
                    b.arrive_and_wait();
                    const auto [least, most] = std::minmax_element(rounds.begin(), rounds.end());
                    EXPECT_LE(*most - *least, 1);
                    EXPECT_GE(*least, round + 1);
                }
            }));
        }
        for (auto& t : tasks) {
            t.get();
        }
    });
}

TEST_F(barrier_test, more_arrivals_than_places_fill_several_rounds) {
    in_virtual_time([] {
        barrier b(2);
        arrivals all(b, 6);
        EXPECT_EQ(all.finish(), "0 1 0 1 0 1 ");
    });
}

// --- cancels ---

TEST_F(barrier_test, a_cancel_while_it_fills_frees_the_place_and_breaks_nothing) {
    in_virtual_time([] {
        barrier b(3);
        arrivals first(b, 2);
        first.tasks[0].cancel();
        yield();
        EXPECT_EQ(b.n_waiting(), 1u);
        EXPECT_FALSE(b.broken());
        arrivals more(b, 2);
        EXPECT_EQ(more.finish(), "1 2 ");
        EXPECT_EQ(first.finish(), "cancelled 1 ");
    });
}

TEST_F(barrier_test, a_cancel_in_the_turn_of_the_last_arrival_does_not_disturb_the_round) {
    for (const bool cancel_first : {true, false}) {
        in_virtual_time([cancel_first] {
            barrier b(3);
            arrivals first(b, 2);
            if (cancel_first) {
                first.tasks[0].cancel();
            }
            EXPECT_EQ(b.arrive_and_wait(), 2u);
            first.tasks[0].cancel();
            EXPECT_EQ(first.finish(), "cancelled 1 ");
            EXPECT_EQ(b.n_waiting(), 0u);
            arrivals next(b, 3);
            EXPECT_EQ(next.finish(), "0 1 2 ");
        });
    }
}

TEST_F(barrier_test, a_cancel_of_who_waits_outside_changes_nothing) {
    in_virtual_time([] {
        barrier b(2);
        arrivals first(b, 1);
        b.arrive_and_wait();
        auto outside = spawn({.eager = true}, [&] { b.arrive_and_wait(); });
        outside.cancel();
        EXPECT_EQ(first.finish(), "0 ");
        outside.wait();
        EXPECT_TRUE(outside.cancelled());
        EXPECT_EQ(b.n_waiting(), 0u);
    });
}

TEST_F(barrier_in_any_order, is_cancelled_everywhere) {
    EXPECT_GT(cancel_at_every_turn([](cancel_attempt& attempt) {
                  barrier b(2);
                  int rounds = 0;
                  auto partner = spawn([&] {
                      for (;;) {
                          yield();
                          b.arrive_and_wait();
                          ++rounds;
                      }
                  });
                  attempt.run([&] {
                      for (int i = 0; i < 3; ++i) {
                          sleep_for(1ms);
                          b.arrive_and_wait();
                      }
                  });
                  yield_times(3);
                  EXPECT_LE(rounds, 3);
                  EXPECT_EQ(b.n_waiting(), 1u) << "the partner alone";
                  EXPECT_EQ(b.arrive_and_wait(), 1u);
                  yield_times(3);
                  partner.cancel();
                  partner.wait();
                  EXPECT_EQ(b.n_waiting(), 0u);
              }),
              6);
}

// --- reset and abort ---

TEST_F(barrier_test, reset_breaks_who_is_inside_and_begins_anew) {
    in_virtual_time([] {
        barrier b(3);
        b.reset(); // nobody is inside: nothing happens
        arrivals first(b, 2);
        b.reset();
        EXPECT_FALSE(b.broken());
        EXPECT_EQ(b.n_waiting(), 0u);
        arrivals next(b, 3); // blocked until the others have left
        EXPECT_EQ(first.finish(), "broken broken ");
        EXPECT_EQ(next.finish(), "0 1 2 ");
    });
}

TEST_F(barrier_test, reset_while_it_drains_breaks_who_has_not_left) {
    in_virtual_time([] {
        barrier b(4);
        arrivals first(b, 3);
        EXPECT_EQ(b.arrive_and_wait(), 3u);
        b.reset();
        EXPECT_EQ(first.finish(), "broken broken broken ");
        EXPECT_FALSE(b.broken());
        arrivals next(b, 4);
        EXPECT_EQ(next.finish(), "0 1 2 3 ");
    });
}

TEST_F(barrier_test, abort_breaks_everybody_until_reset) {
    in_virtual_time([] {
        barrier b(3);
        arrivals first(b, 2);
        b.abort();
        EXPECT_TRUE(b.broken());
        EXPECT_EQ(b.n_waiting(), 0u);
        EXPECT_EQ(first.finish(), "broken broken ");
        EXPECT_THAT(text_of<broken_barrier>([&] { b.arrive_and_wait(); }),
                    AllOf(HasSubstr("weft::barrier::arrive_and_wait"), HasSubstr("reset()")));
        EXPECT_TRUE(b.broken());
        b.reset();
        EXPECT_FALSE(b.broken());
        arrivals next(b, 3);
        EXPECT_EQ(next.finish(), "0 1 2 ");
    });
}

TEST_F(barrier_test, abort_and_reset_at_once_break_who_is_inside) {
    in_virtual_time([] {
        barrier b(3);
        arrivals first(b, 2);
        b.abort();
        b.reset();
        EXPECT_FALSE(b.broken());
        arrivals next(b, 3);
        EXPECT_EQ(first.finish(), "broken broken ");
        EXPECT_EQ(next.finish(), "0 1 2 ");
    });
}

TEST_F(barrier_test, abort_reaches_who_waits_outside) {
    in_virtual_time([] {
        barrier b(2);
        arrivals first(b, 1);
        b.arrive_and_wait();
        auto outside =
            spawn({.eager = true}, [&] { EXPECT_THROW(b.arrive_and_wait(), broken_barrier); });
        b.abort();
        EXPECT_EQ(first.finish(), "broken ");
        outside.get();
    });
}

TEST_F(barrier_test, a_cancel_beats_the_error_of_a_reset) {
    in_virtual_time([] {
        barrier b(2);
        arrivals first(b, 1);
        b.reset();
        first.tasks[0].cancel();
        EXPECT_EQ(first.finish(), "cancelled ");
        arrivals next(b, 2);
        EXPECT_EQ(next.finish(), "0 1 ");
    });
}

// --- misuse, memory ---

TEST_F(barrier_test, bad_numbers_and_places_are_refused) {
    EXPECT_THAT(text_of<std::invalid_argument>([] { barrier(0); }), HasSubstr("weft::barrier"));
    EXPECT_THROW(barrier(-1), std::invalid_argument);
    barrier b(2);
    EXPECT_THAT(text_of<no_running_loop>([&] { b.arrive_and_wait(); }),
                HasSubstr("weft::barrier::arrive_and_wait"));
    EXPECT_EQ(b.n_waiting(), 0u);
    in_virtual_time([&] {
        in_a_callback([&] { EXPECT_THROW(b.arrive_and_wait(), not_in_task); });
        EXPECT_EQ(b.n_waiting(), 0u);
        arrivals first(b, 1);
        in_a_callback([&] { EXPECT_EQ(b.arrive_and_wait(), 1u); }); // the last does not block
        EXPECT_EQ(first.finish(), "0 ");
    });
    on_another_thread([&] {
        EXPECT_THROW(b.arrive_and_wait(), wrong_loop);
        EXPECT_THROW(b.reset(), wrong_loop);
        EXPECT_THROW(b.abort(), wrong_loop);
        EXPECT_THROW(static_cast<void>(b.n_waiting()), wrong_loop);
        EXPECT_THROW(static_cast<void>(b.broken()), wrong_loop);
    });
}

TEST_F(barrier_in_any_order, meeting_allocates_nothing) {
    in_virtual_time([] {
        barrier b(2);
        auto partner = spawn([&] {
            for (int i = 0; i < 20; ++i) {
                b.arrive_and_wait();
            }
        });
        settle();
        const failing_new none(1);
        for (int i = 0; i < 20; ++i) {
            b.arrive_and_wait();
        }
        settle();
        EXPECT_FALSE(none.struck());
        EXPECT_TRUE(partner.done());
    });
}

TEST_F(barrier_Death, destroyed_with_somebody_inside_or_outside) {
    const std::string text = "weft::barrier.*destroyed while a task waits for it";
    EXPECT_DEATH(run([] {
                     std::optional<barrier> b(std::in_place, 2);
                     arrivals first(*b, 1);
                     b.reset();
                 }),
                 text);
    EXPECT_DEATH(run([] {
                     std::optional<barrier> b(std::in_place, 2);
                     arrivals first(*b, 1);
                     b->arrive_and_wait();
                     auto outside = spawn({.eager = true}, [&] { b->arrive_and_wait(); });
                     b.reset();
                 }),
                 text);
}

} // namespace
} // namespace weft::test
