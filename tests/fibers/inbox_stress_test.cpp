// SPDX-License-Identifier: BSL-1.0
//
// Real threads posting to a loop that goes to sleep between letters, closes while they post, and is
// held by them. What can go wrong here is a lost wake-up, so every sleep has a generous limit that
// fails the test instead of hanging it.
#include "fibers/inbox.hpp"
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/sanitized.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;

// Sleeps until it is woken, in real time; half a minute without a wake-up is a lost one.
class sleeping_port final : public event_port {
  public:
    time_point now() const noexcept override { return time_point{}; }
    void wait(time_point) noexcept override {
        std::unique_lock lock(mutex_);
        ++waits_;
        if (!woken_condition_.wait_for(lock, 30s, [this] { return woken_; })) {
            std::cerr << "the loop sleeps and nobody wakes it: a lost wake-up\n";
            std::abort();
        }
        woken_ = false;
    }
    bool poll() noexcept override { return false; }
    void wake() noexcept override {
        {
            const std::lock_guard lock(mutex_);
            woken_ = true;
        }
        woken_condition_.notify_one();
    }
    bool watching() const noexcept override { return watches; }
    int waits() const noexcept { return waits_; }

    bool watches = true;

  private:
    std::mutex mutex_;
    std::condition_variable woken_condition_;
    bool woken_ = false;
    int waits_ = 0;
};

constexpr std::size_t posters = 4;

class inbox_Stress : public test::kernel_fixture {
  public:
    struct numbered_letter;
    using pile = std::vector<std::deque<numbered_letter>>; // one deque a poster

    void SetUp() override { rebuild(default_options(), sleeping_); }
    void received(const numbered_letter& l);
    pile write(std::size_t each);

    sleeping_port sleeping_;
    fiber* reader_ = nullptr;
    std::array<std::size_t, posters> next_{};
    std::atomic<std::size_t> total_ = 0;
};

// A letter that tells the fixture it has come and wakes its reader.
struct inbox_Stress::numbered_letter : letter {
    numbered_letter(inbox_Stress& t, std::size_t from, std::size_t n)
        : letter([](letter& l) noexcept {
              const auto& self = static_cast<numbered_letter&>(l);
              self.test.received(self);
          }),
          test(t),
          poster(from),
          number(n) {}
    inbox_Stress& test;
    std::size_t poster;
    std::size_t number;
};

void inbox_Stress::received(const numbered_letter& l) {
    EXPECT_EQ(l.number, next_[l.poster]) << "letters of one thread out of order";
    next_[l.poster] = l.number + 1;
    total_.fetch_add(1, std::memory_order_release);
    if (reader_ != nullptr) {
        kernel().unpark(*reader_);
    }
}

inbox_Stress::pile inbox_Stress::write(std::size_t each) {
    pile letters(posters);
    for (std::size_t p = 0; p < posters; ++p) {
        for (std::size_t i = 0; i < each; ++i) {
            letters[p].emplace_back(*this, p, i);
        }
    }
    next_ = {};
    total_ = 0;
    return letters;
}

TEST_F(inbox_Stress, many_threads_posting_while_the_loop_goes_to_sleep) {
    const std::size_t each = test::rounds(50'000);
    pile letters = write(each);
    reader_ = &start([&, this] {
        while (total_ < posters * each) {
            park();
        }
    });
    std::vector<std::thread> threads;
    for (auto& mine : letters) {
        threads.emplace_back([&mine, to = kernel().letters()] {
            for (numbered_letter& l : mine) {
                EXPECT_TRUE(to->post(l));
                if (l.number % 16 == 0) {
                    std::this_thread::yield(); // lets the loop fall asleep
                }
            }
        });
    }
    run();
    for (std::thread& t : threads) {
        t.join();
    }
    EXPECT_EQ(total_, posters * each);
}

// Each letter is posted when the one before has been read, so the loop is on its way to sleep every
// time.
TEST_F(inbox_Stress, one_letter_at_a_time_finds_the_loop_falling_asleep) {
    const std::size_t each = test::rounds(20'000);
    pile letters = write(each);
    reader_ = &start([&, this] {
        while (total_ < each) {
            park();
        }
    });
    std::thread poster([&, to = kernel().letters()] {
        for (numbered_letter& l : letters[0]) {
            EXPECT_TRUE(to->post(l));
            while (total_.load(std::memory_order_acquire) <= l.number) {
                std::this_thread::yield();
            }
        }
    });
    run();
    poster.join();
    EXPECT_GT(sleeping_.waits(), 0);
}

// Every thread holds the loop while it may post. The deadlock is reported when the last has let go,
// and not earlier.
TEST_F(inbox_Stress, threads_that_hold_post_and_release_end_in_one_deadlock_report) {
    sleeping_.watches = false;
    constexpr std::size_t each = 3;
    for (std::size_t round = 0; round < test::rounds(2000); ++round) {
        pile letters = write(each);
        reader_ = nullptr;
        auto& waiter = start([this] { park(); });
        std::vector<std::thread> threads;
        for (auto& mine : letters) {
            kernel().letters()->hold();
            threads.emplace_back([&mine, to = kernel().letters()] {
                for (numbered_letter& l : mine) {
                    EXPECT_TRUE(to->post(l));
                }
                to->release();
            });
        }
        run_until_deadlock();
        EXPECT_EQ(total_, posters * each);
        for (std::thread& t : threads) {
            t.join();
        }
        kernel().unpark(waiter);
        run();
        forget_ended();
    }
}

// A loop that closes while others post: each letter is delivered or refused, and the port is not
// touched afterwards.
TEST_F(inbox_Stress, closing_while_many_threads_post) {
    constexpr std::size_t each = 50;
    for (std::size_t round = 0; round < test::rounds(1000); ++round) {
        pile letters = write(each);
        reader_ = nullptr;
        std::atomic<std::size_t> accepted = 0;
        auto port = std::make_unique<sleeping_port>();
        inbox closing(*port);
        std::vector<std::thread> threads;
        for (auto& mine : letters) {
            threads.emplace_back([&] {
                for (numbered_letter& l : mine) {
                    if (!closing.post(l)) {
                        break;
                    }
                    ++accepted;
                }
            });
        }
        while (total_ < round % (posters * each / 2)) {
            if (closing.prepare_to_sleep()) {
                port->wait(never);
                closing.awake();
            }
            closing.drain();
        }
        closing.close();
        port.reset();
        for (std::thread& t : threads) {
            t.join();
        }
        EXPECT_EQ(total_, accepted);
    }
}

} // namespace
} // namespace weft::fibers
