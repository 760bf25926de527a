// SPDX-License-Identifier: BSL-1.0
//
// Waiting for an address, alone: who is woken, in what order, with what, and that nothing is lost
// when a wake meets a cancel or a deadline.
#include "tests/support/api_settle.hpp"
#include "tests/support/parking.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using detail::park;
using detail::park_end;
using detail::park_result;
using detail::unpark_all;
using detail::unpark_one;
using testing::HasSubstr;
using parking_test = parking_fixture;

TEST_F(parking_test, a_task_sleeps_until_it_is_woken) {
    in_virtual_time([&] {
        park_result result{};
        auto t = spawn([&] { result = park_at(&word); });
        settle();
        EXPECT_TRUE(detail::anyone_parked());
        EXPECT_FALSE(t.done());
        EXPECT_EQ(unpark_one(&word), 1U);
        EXPECT_FALSE(detail::anyone_parked());
        t.get();
        EXPECT_EQ(result.end, park_end::woken);
        EXPECT_TRUE(result.was_woken);
        EXPECT_EQ(unpark_one(&word), 0U);
    });
}

TEST_F(parking_test, who_does_not_want_to_any_more_is_refused_without_a_switch) {
    in_virtual_time([&] {
        bool others_ran = false;
        auto other = spawn([&] { others_ran = true; });
        const auto result = park(at(&word), [] { return false; });
        EXPECT_EQ(result.end, park_end::refused);
        EXPECT_FALSE(result.was_woken);
        EXPECT_FALSE(others_ran);
    });
    EXPECT_EQ(park(at(&word), [] { return false; }).end, park_end::refused);
}

TEST_F(parking_test, one_wake_is_for_the_longest_waiting_one_at_that_address) {
    in_virtual_time([&] {
        const char others[2] = {};
        std::string woken;
        std::vector<task<void>> tasks;
        for (const char c : {'a', 'b', 'c'}) {
            tasks.push_back(spawn({.eager = true}, [&, c] {
                park_at(&word);
                woken += c;
            }));
            tasks.push_back(spawn({.eager = true}, [&] { park_at(&others[0]); }));
        }
        EXPECT_EQ(unpark_one(&others[1]), 0U);
        for (const char* expected : {"a", "ab", "abc"}) {
            EXPECT_EQ(unpark_one(&word), 1U);
            settle();
            EXPECT_EQ(woken, expected);
        }
        EXPECT_EQ(unpark_all(&others[0]), 3U);
        gather(tasks);
    });
}

TEST_F(parking_test, the_waker_chooses_by_tokens_and_leaves_messages) {
    in_virtual_time([&] {
        std::vector<std::uintptr_t> messages(4);
        std::vector<task<void>> tasks;
        for (std::uintptr_t i = 0; i < 4; ++i) {
            tasks.push_back(spawn({.eager = true}, [&, i] {
                detail::parking_place place = at(&word);
                place.token = i;
                messages[i] = park(place, always).message;
            }));
        }
        std::size_t told = 0;
        bool told_more = false;
        const auto choose_below_2 = [](detail::parked_waiter& w) {
            EXPECT_TRUE(w.on_this_thread);
            w.message = 10 + w.token;
            return w.token < 2;
        };
        const auto note = [&](std::size_t count, bool more) {
            told = count;
            told_more = more;
        };
        EXPECT_EQ(detail::unpark(&word, choose_below_2, note), 2U);
        EXPECT_EQ(told, 2U);
        EXPECT_TRUE(told_more);
        const auto all = [](detail::parked_waiter&) { return true; };
        EXPECT_EQ(detail::unpark(&word, all, note), 2U);
        EXPECT_FALSE(told_more);
        EXPECT_EQ(detail::unpark(&word, all, note), 0U);
        EXPECT_EQ(told, 0U);
        gather(tasks);
        EXPECT_EQ(messages, (std::vector<std::uintptr_t>{10, 11, 0, 0}));
    });
}

TEST_F(parking_test, the_deadline_ends_the_wait) {
    in_virtual_time([&] {
        const auto begin = loop_time();
        const auto result = park(at(&word, begin + 5ms), always);
        EXPECT_EQ(result.end, park_end::timed_out);
        EXPECT_FALSE(result.was_woken);
        EXPECT_EQ(loop_time() - begin, 5ms);
        EXPECT_EQ(unpark_one(&word), 0U);
    });
}

TEST_F(parking_test, a_wake_in_the_turn_of_the_deadline_counts) {
    for (const bool waker_first : {true, false}) {
        in_virtual_time([&] {
            park_result result{};
            std::size_t woken = 0;
            const auto deadline = loop_time() + 5ms;
            task<void> waiter;
            task<void> waker;
            const auto start_waiter = [&] {
                waiter =
                    spawn({.eager = true}, [&] { result = park(at(&word, deadline), always); });
            };
            if (!waker_first) {
                start_waiter();
            }
            waker = spawn({.eager = true}, [&] {
                sleep_until(deadline);
                woken = unpark_one(&word);
            });
            if (waker_first) {
                start_waiter();
            }
            waiter.get();
            waker.get();
            EXPECT_EQ(result.was_woken, woken == 1);
            EXPECT_EQ(result.end, woken == 1 ? park_end::woken : park_end::timed_out);
        });
    }
}

TEST_F(parking_test, a_cancel_ends_the_wait_and_is_told) {
    in_virtual_time([&] {
        park_result result{};
        auto t = spawn([&] {
            result = park_at(&word);
            yield(); // it was told once, and is over
        });
        settle();
        t.cancel();
        t.get();
        EXPECT_EQ(result.end, park_end::cancelled);
        EXPECT_FALSE(result.was_woken);
        EXPECT_EQ(unpark_one(&word), 0U);
    });
}

TEST_F(parking_test, a_cancel_in_the_turn_of_the_wake_is_told_with_it) {
    for (const bool cancel_first : {true, false}) {
        in_virtual_time([&] {
            park_result result{};
            auto t = spawn([&] { result = park_at(&word); });
            settle();
            if (cancel_first) {
                t.cancel();
            }
            EXPECT_EQ(unpark_one(&word), 1U);
            t.cancel();
            t.get();
            EXPECT_EQ(result.end, park_end::cancelled);
            EXPECT_TRUE(result.was_woken);
        });
    }
}

TEST_F(parking_test, a_cancel_that_came_before_is_told_at_once) {
    in_virtual_time([&] {
        park_result result{};
        auto t = spawn({.eager = true}, [&] {
            current_task().cancel();
            result = park_at(&word);
        });
        EXPECT_TRUE(t.done());
        EXPECT_EQ(result.end, park_end::cancelled);
    });
}

TEST_F(parking_test, a_wait_may_keep_cancels_for_later) {
    in_virtual_time([&] {
        park_result result{};
        auto t = spawn([&] {
            detail::parking_place place = at(&word);
            place.keep_cancels = true;
            result = park(place, always);
            yield();
            ADD_FAILURE() << "the cancel is lost";
        });
        settle();
        t.cancel();
        settle();
        EXPECT_FALSE(t.done());
        EXPECT_EQ(unpark_one(&word), 1U);
        t.wait();
        EXPECT_TRUE(t.cancelled());
        EXPECT_EQ(result.end, park_end::woken);
    });
}

TEST_F(parking_test, a_wake_on_the_way_to_sleep_is_caught) {
    const auto wake_myself = [&] {
        EXPECT_EQ(unpark_one(&word), 1U);
        return true;
    };
    EXPECT_EQ(park(at(&word), always, wake_myself).end, park_end::woken);
    in_virtual_time([&] {
        EXPECT_EQ(park(at(&word), always, wake_myself).end, park_end::woken);
        // The way may be long, and lead through other sleeps.
        const char other = 0;
        auto t = spawn([&] {
            return park(at(&word), always,
                        [&] {
                            park_at(&other);
                            return true;
                        })
                .end;
        });
        settle();
        EXPECT_EQ(unpark_one(&word), 1U);
        settle();
        EXPECT_FALSE(t.done());
        EXPECT_EQ(unpark_one(&other), 1U);
        EXPECT_EQ(t.get(), park_end::woken);
    });
}

TEST_F(parking_test, who_turns_back_on_the_way_to_sleep_learns_of_a_wake) {
    const auto turn_back = [] { return false; };
    const auto wake_and_turn_back = [&] { return unpark_one(&word) != 1U; };
    const auto check = [&] {
        auto result = park(at(&word), always, turn_back);
        EXPECT_EQ(result.end, park_end::refused);
        EXPECT_FALSE(result.was_woken);
        result = park(at(&word), always, wake_and_turn_back);
        EXPECT_EQ(result.end, park_end::refused);
        EXPECT_TRUE(result.was_woken);
    };
    check();
    in_virtual_time(check);
}

TEST_F(parking_test, leaving_from_the_middle_keeps_the_order_of_the_others) {
    in_virtual_time([&] {
        std::vector<int> woken;
        std::vector<task<void>> tasks;
        for (int i = 0; i < 10; ++i) {
            tasks.push_back(spawn({.eager = true}, [&, i] {
                if (park_at(&word).end == park_end::woken) {
                    woken.push_back(i);
                }
            }));
        }
        for (const std::size_t i : {0, 4, 5, 9}) {
            tasks[i].cancel();
            tasks[i].wait();
        }
        while (unpark_one(&word) == 1U) {
            settle();
        }
        EXPECT_EQ(woken, (std::vector<int>{1, 2, 3, 6, 7, 8}));
    });
}

TEST_F(parking_test, many_addresses_do_not_mix) {
    in_virtual_time([&] {
        std::vector<int> words(7'000); // ThreadSanitizer knows 8,128 stacks
        std::vector<task<void>> tasks;
        tasks.reserve(words.size());
        for (int& w : words) {
            tasks.push_back(spawn([&w] {
                park_at(&w);
                w = 1;
            }));
        }
        settle();
        for (std::size_t i = 0; i < words.size(); i += 2) {
            EXPECT_EQ(unpark_one(&words[i]), 1U);
        }
        settle();
        for (std::size_t i = 0; i < words.size(); ++i) {
            ASSERT_EQ(words[i], i % 2 == 0 ? 1 : 0) << i;
            EXPECT_EQ(unpark_all(&words[i]), i % 2);
        }
        gather(tasks);
    });
}

TEST_F(parking_test, time_goes_on_for_the_others) {
    in_virtual_time([&] {
        auto t = spawn([&] { park_at(&word); });
        sleep_for(1h);
        EXPECT_EQ(unpark_one(&word), 1U);
        t.get();
    });
}

TEST_F(parking_test, a_callback_cannot_wait_but_can_wake) {
    in_virtual_time([&] {
        auto t = spawn([&] { park_at(&word); });
        settle();
        in_a_callback([&] {
            EXPECT_THAT(text_of<not_in_task>([&] { park_at(&word); }), HasSubstr("test"));
            EXPECT_EQ(unpark_one(&word), 1U);
        });
        t.get();
    });
}

TEST_F(parking_test, waits_in_destructors_and_catch_blocks_do_not_mix_exceptions) {
    in_virtual_time([&] {
        const auto body = [&](int i) {
            try {
                const at_scope_end wait([&] { park_at(&word); });
                throw i;
            } catch (int caught) {
                park_at(&word);
                EXPECT_EQ(caught, i);
                try {
                    throw;
                } catch (int again) {
                    EXPECT_EQ(again, i);
                }
            }
        };
        std::vector<task<void>> tasks;
        for (int i = 0; i < 4; ++i) {
            tasks.push_back(spawn(body, i));
        }
        for (int round = 0; round < 8; ++round) {
            settle();
            EXPECT_EQ(unpark_one(&word), 1U);
        }
        gather(tasks);
    });
}

} // namespace
} // namespace weft::test
