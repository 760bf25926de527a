// SPDX-License-Identifier: BSL-1.0
//
// The green shared mutexes with readers: who is let in beside whom, and in what order.
#include "tests/support/api_settle.hpp"
#include "tests/support/green.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using green_shared_mutex = green_fixture;

// A task that locks, writes its name down, waits for a turn of time, and unlocks.
class visits {
  public:
    green::shared_timed_mutex mutex;

    task<void> reader(char name) {
        return spawn({.eager = true}, [this, name] {
            const std::shared_lock lock(mutex);
            stay(name);
        });
    }
    task<void> writer(char name) {
        return spawn({.eager = true}, [this, name] {
            const std::unique_lock lock(mutex);
            stay(name);
        });
    }
    // A slash for each tick that passes.
    std::string log() {
        settle();
        return log_;
    }
    void tick() {
        settle();
        log_ += '/';
        sleep_for(1ms);
    }

  private:
    void stay(char name) {
        log_ += name;
        sleep_for(1ms);
    }
    std::string log_;
};

TEST_F(green_shared_mutex, readers_are_inside_together_and_a_writer_alone) {
    in_virtual_time([] {
        green::shared_mutex m;
        m.lock_shared();
        EXPECT_TRUE(spawn([&] { return m.try_lock_shared(); }).get());
        EXPECT_FALSE(m.try_lock());
        m.unlock_shared();
        EXPECT_FALSE(m.try_lock());
        m.unlock_shared();
        EXPECT_TRUE(m.try_lock());
        EXPECT_FALSE(spawn([&] { return m.try_lock_shared() || m.try_lock(); }).get());
        m.unlock();
    });
}

TEST_F(green_shared_mutex, first_come_first_served) {
    const unshuffled order;
    in_virtual_time([] {
        visits v;
        std::vector<task<void>> tasks;
        tasks.push_back(v.reader('a'));
        tasks.push_back(v.reader('b'));
        tasks.push_back(v.writer('X'));
        tasks.push_back(v.reader('c'));
        tasks.push_back(v.reader('d'));
        tasks.push_back(v.writer('Y'));
        tasks.push_back(v.reader('e'));
        for (int i = 0; i < 4; ++i) {
            v.tick();
        }
        EXPECT_EQ(v.log(), "ab/X/cd/Y/e");
        gather(tasks);
    });
}

TEST_F(green_shared_mutex, readers_behind_a_writer_that_gives_up_go_on) {
    in_virtual_time([] {
        for (const bool by_cancel : {true, false}) {
            green::shared_timed_mutex m;
            m.lock_shared();
            auto writer = spawn({.eager = true}, [&] {
                if (by_cancel) {
                    m.lock();
                } else {
                    EXPECT_FALSE(m.try_lock_for(1ms));
                }
            });
            bool read = false;
            auto reader = spawn({.eager = true}, [&] {
                const std::shared_lock lock(m);
                read = true;
            });
            EXPECT_FALSE(read);
            if (by_cancel) {
                writer.cancel();
            }
            writer.wait();
            reader.get();
            EXPECT_TRUE(read) << "beside the first reader, which is still there";
            m.unlock_shared();
            EXPECT_TRUE(m.try_lock());
            m.unlock();
        }
    });
}

TEST_F(green_shared_mutex, misuse_has_std_codes) {
    in_virtual_time([] {
        green::shared_mutex m;
        EXPECT_EQ(system_error_of([&] { m.unlock_shared(); }).first,
                  std::errc::operation_not_permitted);
        m.lock();
        EXPECT_EQ(system_error_of([&] { m.lock_shared(); }).first,
                  std::errc::resource_deadlock_would_occur);
        EXPECT_EQ(system_error_of([&] { m.unlock_shared(); }).first,
                  std::errc::operation_not_permitted);
        m.unlock();
        m.lock_shared();
        EXPECT_EQ(system_error_of([&] { m.unlock(); }).first, std::errc::operation_not_permitted);
        m.unlock_shared();
    });
}

TEST_F(green_shared_mutex, readers_give_up_when_the_time_has_come) {
    in_virtual_time([] {
        green::shared_timed_mutex m;
        m.lock();
        auto other = spawn([&] {
            const auto begin = loop_time();
            EXPECT_FALSE(m.try_lock_shared_for(5ms));
            EXPECT_FALSE(m.try_lock_shared_until(loop_time() + 1ms));
            EXPECT_EQ(loop_time() - begin, 6ms);
        });
        other.get();
        m.unlock();
        EXPECT_TRUE(m.try_lock_shared_for(0s));
        m.unlock_shared();
    });
}

TEST_F(green_shared_mutex, stress_readers_and_writers_of_loops_and_threads) {
    green::shared_timed_mutex m;
    int left = 0;
    int right = 0;
    const auto pass = [&](int who) {
        for (int i = 0; i < 400; ++i) {
            switch ((i + who) % 4) {
            case 0: {
                const std::unique_lock lock(m);
                ++left;
                green::this_thread::yield();
                ++right;
                break;
            }
            case 1:
                if (const std::unique_lock lock(m, std::chrono::microseconds(i)); lock) {
                    ++left;
                    ++right;
                }
                break;
            default: {
                const std::shared_lock lock(m);
                EXPECT_EQ(left, right);
            }
            }
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back(pass, i);
        threads.emplace_back([&] {
            run([&] {
                std::vector<green::thread> tasks;
                for (int who = 0; who < 4; ++who) {
                    tasks.emplace_back(pass, who);
                }
                for (auto& t : tasks) {
                    t.join();
                }
            });
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(left, right);
    EXPECT_TRUE(m.try_lock());
    m.unlock();
}

} // namespace
} // namespace weft::test
