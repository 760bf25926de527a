// SPDX-License-Identifier: BSL-1.0
//
// Cancels a body at its first turn, then in a fresh world at its second, and so on until the cancel
// comes too late: whatever the body waits for, it is cancelled there once, and the scenario checks
// that nothing is lost or left.
//
//     const int turns = cancel_at_every_turn([](cancel_attempt& attempt) {
//         live_count live;                                  // the world: fresh for each attempt
//         const auto end = attempt.run([&] { ... });        // the body: a task that is cancelled
//         somewhere EXPECT_EQ(live.alive(), 0);                       // what must hold wherever it
//         was cut off
//     });
//
// Each attempt is a run() of its own in virtual time. A driver task counts turns by yielding and
// lets time pass between them, a tick after every few turns; so bodies should sleep for some ticks,
// not for hours. Every turn is tried twice, with the driver before and behind the body in the ready
// queue and among equal deadlines: that finds the moment between wake-up and resume, too.
#pragma once

#include "tests/support/api_fixture.hpp"

#include <string>
#include <utility>

namespace weft::test {

struct cancel_driver_options {
    int turns_a_tick = 4;
    clock::duration tick = std::chrono::milliseconds(1);
    int most_turns = 10'000; // more means that the body never ends
};

class cancel_attempt {
  public:
    enum class outcome { value, cancelled, error };

    cancel_attempt(int turn, bool driver_first, const cancel_driver_options& options) noexcept
        : turn_(turn), driver_first_(driver_first), options_(options) {}

    // Runs body as a task, cancels it at this attempt's turn and waits for its end.
    template <class F>
    outcome run(F body) {
        task<void> subject;
        const auto drive = [this, &subject] {
            for (int i = 0; i < turn_; ++i) {
                if ((i + 1) % options_.turns_a_tick == 0) {
                    sleep_for(options_.tick);
                } else {
                    yield();
                }
            }
            was_cancelled_ = subject.cancel("turn " + std::to_string(turn_));
        };
        const auto start_subject = [&] {
            subject = spawn({.name = "subject"}, [&body] { body(); });
        };
        task<void> driver;
        if (driver_first_) {
            driver = spawn({.name = "driver"}, drive);
            start_subject();
        } else {
            start_subject();
            driver = spawn({.name = "driver"}, drive);
        }
        subject.wait();
        driver.get();
        if (subject.cancelled()) {
            return outcome::cancelled;
        }
        return subject.exception() != nullptr ? outcome::error : outcome::value;
    }

    int turn() const noexcept { return turn_; }
    // False when the body had ended before its cancel came.
    bool was_cancelled() const noexcept { return was_cancelled_; }

  private:
    int turn_;
    bool driver_first_;
    cancel_driver_options options_;
    bool was_cancelled_ = false;
};

// Returns how many turns were tried: one more than the body has.
template <class Scenario>
int cancel_at_every_turn(Scenario scenario, const cancel_driver_options& options = {}) {
    for (int turn = 0; turn < options.most_turns; ++turn) {
        bool came_in_time = false;
        for (const bool driver_first : {true, false}) {
            SCOPED_TRACE("cancelled at turn " + std::to_string(turn) + ", the driver " +
                         (driver_first ? "before" : "behind") + " the body");
            in_virtual_time([&] {
                cancel_attempt attempt(turn, driver_first, options);
                scenario(attempt);
                came_in_time |= attempt.was_cancelled();
            });
        }
        if (!came_in_time || testing::Test::HasFailure()) {
            return turn + 1;
        }
    }
    ADD_FAILURE() << "the body does not end";
    return options.most_turns;
}

} // namespace weft::test
