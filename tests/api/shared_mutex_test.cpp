// SPDX-License-Identifier: BSL-1.0
//
// shared_mutex: readers together, writers alone, in the order of their coming. Waiting and
// cancelling as everywhere is in wait_points_test.cpp.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <mutex>
#include <shared_mutex>
#include <string>
#include <system_error>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using shared_mutex_test = api_test;
using testing::HasSubstr;

// Starts tasks, 'r' and 'w', that note when they come in ("r") and go out (".").
class visitors {
  public:
    explicit visitors(shared_mutex& m) : m_(m) {}
    task<void>& add(char kind) {
        tasks_.push_back(spawn([this, kind] {
            kind == 'r' ? m_.lock_shared() : m_.lock();
            log_ += kind;
            const at_scope_end leaves([this, kind] {
                log_ += '.';
                kind == 'r' ? m_.unlock_shared() : m_.unlock();
            });
            sleep_for(1ms);
        }));
        yield();
        return tasks_.back();
    }
    void add_all(const char* kinds) {
        tasks_.reserve(100);
        for (; *kinds != '\0'; ++kinds) {
            add(*kinds);
        }
    }
    task<void>& operator[](std::size_t i) { return tasks_[i]; }
    std::string finish() {
        for (auto& t : tasks_) {
            t.wait();
        }
        return log_;
    }

  private:
    shared_mutex& m_;
    std::string log_;
    std::vector<task<void>> tasks_;
};

TEST_F(shared_mutex_test, readers_are_inside_together) {
    in_virtual_time([] {
        shared_mutex m;
        visitors v(m);
        v.add_all("rrr");
        EXPECT_EQ(v.finish(), "rrr...");
    });
}

TEST_F(shared_mutex_test, a_writer_is_alone) {
    in_virtual_time([] {
        shared_mutex m;
        visitors v(m);
        v.add_all("www");
        EXPECT_EQ(v.finish(), "w.w.w.");
    });
}

TEST_F(shared_mutex_test, neighbouring_readers_come_in_together_and_nobody_overtakes) {
    in_virtual_time([] {
        shared_mutex m;
        visitors v(m);
        v.add_all("rrwrrwwr");
        EXPECT_EQ(v.finish(), "rr..w.rr..w.w.r.");
    });
}

TEST_F(shared_mutex_test, a_reader_does_not_overtake_a_waiting_writer) {
    const unshuffled order;
    in_virtual_time([] {
        shared_mutex m;
        visitors v(m);
        v.add_all("rw");
        EXPECT_FALSE(m.try_lock_shared());
        EXPECT_FALSE(m.try_lock_shared_for(0s));
        EXPECT_FALSE(m.try_lock());
        EXPECT_EQ(v.finish(), "r.w.");
        EXPECT_TRUE(m.try_lock_shared());
        EXPECT_TRUE(m.try_lock_shared());
        EXPECT_FALSE(m.try_lock());
        m.unlock_shared();
        m.unlock_shared();
        EXPECT_TRUE(m.try_lock());
        EXPECT_FALSE(m.try_lock_shared());
        m.unlock();
    });
}

TEST_F(shared_mutex_test, readers_behind_a_writer_that_gives_up_join_those_inside) {
    for (const bool cancels : {true, false}) {
        in_virtual_time([cancels] {
            shared_mutex m;
            m.lock_shared();
            auto writer = spawn([&] {
                if (m.try_lock_for(cancels ? 1h : 2ms)) {
                    m.unlock();
                }
            });
            yield();
            visitors v(m);
            v.add_all("rr");
            sleep_for(1ms);
            if (cancels) {
                writer.cancel();
                writer.wait();
            }
            EXPECT_EQ(v.finish(), "rr..");
            m.unlock_shared();
        });
    }
}

TEST_F(shared_mutex_test, a_writer_that_gave_up_in_the_turn_of_the_unlock_is_passed_over) {
    in_virtual_time([] {
        shared_mutex m;
        m.lock();
        visitors v(m);
        v.add_all("wrrw");
        v[0].cancel();
        m.unlock();
        v[2].cancel(); // the lock is on its way to this reader
        EXPECT_EQ(v.finish(), "r.w.");
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TEST_F(shared_mutex_test, works_with_the_locks_of_std) {
    in_virtual_time([] {
        shared_mutex m;
        {
            const std::shared_lock reader(m);
            std::shared_lock second(m, std::defer_lock);
            EXPECT_TRUE(spawn([&] { return second.try_lock(); }).get());
            std::unique_lock writer(m, std::try_to_lock);
            EXPECT_FALSE(writer.owns_lock());
        }
        const std::unique_lock writer(m, 1s);
        EXPECT_TRUE(writer.owns_lock());
    });
}

TEST_F(shared_mutex_test, misuse_says_what_to_do) {
    in_virtual_time([] {
        shared_mutex m;
        const auto refuses = [](std::errc code, const char* call, auto f) {
            try {
                f();
                ADD_FAILURE() << "nothing was thrown";
            } catch (const std::system_error& e) {
                EXPECT_EQ(e.code(), code);
                EXPECT_THAT(e.what(), HasSubstr(call));
            }
        };
        const auto not_held = std::errc::operation_not_permitted;
        const auto deadlock = std::errc::resource_deadlock_would_occur;
        refuses(not_held, "weft::shared_mutex::unlock:", [&] { m.unlock(); });
        refuses(not_held, "weft::shared_mutex::unlock_shared", [&] { m.unlock_shared(); });
        m.lock();
        refuses(deadlock, "weft::shared_mutex::lock:", [&] { m.lock(); });
        refuses(deadlock, "weft::shared_mutex::lock_shared", [&] { m.lock_shared(); });
        refuses(deadlock, "weft::shared_mutex::try_lock_for", [&] { m.try_lock_for(1s); });
        refuses(not_held, "weft::shared_mutex::unlock_shared", [&] { m.unlock_shared(); });
        spawn([&] { refuses(not_held, "task 'main' does", [&] { m.unlock(); }); }).get();
        m.unlock();
        m.lock_shared();
        refuses(not_held, "weft::shared_mutex::unlock:", [&] { m.unlock(); });
        in_a_callback([&] { EXPECT_THROW(m.try_lock_shared(), not_in_task); });
        m.unlock_shared();
        on_another_thread([&] { EXPECT_THROW(m.unlock_shared(), wrong_loop); });
    });
}

TEST_F(shared_mutex_test, a_crowd_is_cancelled_everywhere) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        shared_mutex m;
        int readers = 0;
        int writers = 0;
        const auto read = [&] {
            const std::shared_lock lock(m);
            ++readers;
            const at_scope_end out([&] { --readers; });
            EXPECT_EQ(writers, 0);
            sleep_for(1ms);
        };
        const auto write = [&] {
            const std::unique_lock lock(m);
            EXPECT_EQ(readers + writers++, 0);
            const at_scope_end out([&] { --writers; });
            yield();
        };
        auto first = spawn(read);
        auto second = spawn([&] {
            yield();
            write();
        });
        auto third = spawn([&] {
            yield_times(2);
            read();
        });
        attempt.run([&] {
            yield();
            write();
            read();
            write();
        });
        first.get();
        second.get();
        third.get();
        EXPECT_TRUE(m.try_lock());
    });
}

} // namespace
} // namespace weft::test
