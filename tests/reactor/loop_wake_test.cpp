// SPDX-License-Identifier: BSL-1.0
//
// Other threads wake a loop while it is on its way to sleep. A wake-up that got lost here would
// leave the loop asleep for ever, which SIGALRM turns into a failure.
#include "tests/support/net_reactor.hpp"
#include "tests/support/sanitized.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace weft::reactor {
namespace {

using test::rounds;
using loop_wake_stress = test::reactor_fixture;

TEST_F(loop_wake_stress, each_wake_ends_one_sleep) {
    const auto count = rounds(20'000);
    std::atomic<std::size_t> asked = 0;
    std::atomic<std::size_t> answered = 0;
    std::thread waker([&, this] {
        for (std::size_t i = 1; i <= count; ++i) {
            asked = i;
            loop().wake();
            while (answered < i) {
                std::this_thread::yield();
            }
        }
    });
    for (std::size_t i = 1; i <= count; ++i) {
        while (asked < i) {
            loop().wait(fibers::never);
        }
        answered = i;
    }
    waker.join();
}

// What a letter carries to the loop: it wakes one fiber.
class wake_letter final : public fibers::letter {
  public:
    wake_letter(fibers::scheduler& s, fibers::fiber& f) noexcept
        : letter(&wake_letter::deliver), scheduler_(s), fiber_(f) {}
    std::atomic<std::size_t> delivered = 0;

  private:
    static void deliver(fibers::letter& l) noexcept {
        auto& self = static_cast<wake_letter&>(l);
        self.scheduler_.unpark(self.fiber_);
        ++self.delivered;
    }
    fibers::scheduler& scheduler_;
    fibers::fiber& fiber_;
};

// The same through the inbox, with the loop going to sleep between any two letters.
TEST_F(loop_wake_stress, a_letter_for_a_loop_that_goes_to_sleep_arrives) {
    const auto count = rounds(20'000);
    std::atomic<bool> parked = false;
    auto& waiter = start([&, this] {
        for (std::size_t i = 0; i < count; ++i) {
            parked = true;
            park();
        }
    });
    const auto letters = kernel().letters();
    letters->hold();
    wake_letter letter(kernel(), waiter);
    std::thread poster([&] {
        for (std::size_t i = 0; i < count; ++i) {
            while (!parked.exchange(false)) {
                std::this_thread::yield();
            }
            ASSERT_TRUE(letters->post(letter));
            while (letter.delivered <= i) {
                std::this_thread::yield();
            }
        }
        letters->release();
    });
    run();
    poster.join();
    EXPECT_EQ(letter.delivered, count);
}

TEST_F(loop_wake_stress, two_loops_wake_each_other) {
    const auto count = rounds(10'000);
    std::atomic<std::size_t> turn = 0; // even: this thread's
    reactor::loop other;
    std::thread opponent([&, this] {
        for (std::size_t i = 1; i < 2 * count; i += 2) {
            while (turn != i) {
                other.wait(fibers::never);
            }
            turn = i + 1;
            loop().wake();
        }
    });
    for (std::size_t i = 0; i < 2 * count; i += 2) {
        while (turn != i) {
            loop().wait(fibers::never);
        }
        turn = i + 1;
        other.wake();
    }
    opponent.join();
    EXPECT_EQ(turn, 2 * count);
}

TEST_F(loop_wake_stress, many_threads_wake_one_loop) {
    constexpr std::size_t threads = 4;
    const auto count = rounds(5'000);
    std::atomic<std::size_t> sent = 0;
    std::vector<std::thread> wakers;
    for (std::size_t t = 0; t < threads; ++t) {
        wakers.emplace_back([&, this] {
            for (std::size_t i = 0; i < count; ++i) {
                ++sent;
                loop().wake();
            }
        });
    }
    while (sent < threads * count) {
        loop().wait(fibers::never);
    }
    for (auto& t : wakers) {
        t.join();
    }
}

} // namespace
} // namespace weft::reactor
