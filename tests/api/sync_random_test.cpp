// SPDX-License-Identifier: BSL-1.0
//
// Many tasks use several primitives at random, with time limits, and are cancelled at random; at
// the end every permit, lock and item is counted.
#include "tests/support/api_fixture.hpp"
#include "tests/support/random_seed.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using sync_random_test = api_test;

class playground {
  public:
    explicit playground(unsigned seed) : random_(seed) {}

    int below(int limit) { return int(random_() % unsigned(limit)); }
    void pause() {
        switch (below(4)) {
        case 0:
            return;
        case 1:
            sleep_for(below(3) * 1ms);
            return;
        default:
            yield();
        }
    }

    void play() {
        for (int i = 0; i < 10; ++i) {
            switch (below(9)) {
            case 0:
                lock();
                break;
            case 1:
                read();
                break;
            case 2:
                write();
                break;
            case 3:
                use_permits();
                break;
            case 4:
                wait_for_change();
                break;
            case 5:
                change();
                break;
            case 6:
            case 7:
                put();
                break;
            default:
                get();
            }
            pause();
        }
    }

    void expect_nothing_lost() {
        EXPECT_TRUE(m.try_lock());
        EXPECT_TRUE(s.try_lock());
        EXPECT_EQ(permits.value(), 3);
        EXPECT_EQ(users, 0);
        while (auto item = q.try_get()) {
            EXPECT_TRUE(taken.insert(*item).second) << "twice";
        }
        EXPECT_EQ(int(taken.size()), put_count);
        for (const int item : taken) {
            q.task_done();
            EXPECT_LT(item, next_item);
        }
        q.join();
    }

  private:
    // Checks that nobody else is where one task may be.
    void alone(int& inside) {
        EXPECT_EQ(++inside, 1);
        const at_scope_end leave([&] { --inside; });
        pause();
    }
    void lock() {
        if (std::unique_lock<mutex> guard =
                below(2) == 0 ? std::unique_lock(m) : std::unique_lock(m, below(3) * 1ms)) {
            alone(in_mutex);
        }
    }
    void read() {
        if (std::shared_lock<shared_mutex> guard =
                below(2) == 0 ? std::shared_lock(s) : std::shared_lock(s, below(3) * 1ms)) {
            ++readers;
            const at_scope_end leave([&] { --readers; });
            pause();
            EXPECT_EQ(in_writer, 0);
        }
    }
    void write() {
        if (std::unique_lock<shared_mutex> guard =
                below(2) == 0 ? std::unique_lock(s) : std::unique_lock(s, below(3) * 1ms)) {
            EXPECT_EQ(readers, 0);
            alone(in_writer);
        }
    }
    void use_permits() {
        std::vector<permit> held;
        if (below(2) == 0) {
            held.emplace_back(permits);
        } else if (permits.try_acquire_for(below(3) * 1ms)) {
            held.emplace_back(permits, std::adopt_lock);
        }
        users += int(held.size());
        const at_scope_end leave([&] { users -= int(held.size()); });
        EXPECT_LE(users, 3);
        pause();
    }
    void wait_for_change() {
        std::unique_lock guard(m);
        const at_scope_end held([&] { EXPECT_TRUE(guard.owns_lock()); });
        c.wait_for(guard, below(3) * 1ms);
        alone(in_mutex);
    }
    void change() {
        const std::lock_guard guard(m);
        below(2) == 0 ? c.notify_one() : c.notify_all();
        alone(in_mutex);
    }
    void put() {
        const int item = next_item++;
        if (below(2) == 0 ? q.try_put(item) : (q.put(item), true)) {
            ++put_count;
        }
    }
    void get() {
        if (const auto item = below(2) == 0 ? q.try_get() : std::optional(q.get())) {
            EXPECT_TRUE(taken.insert(*item).second) << "twice";
        }
    }

    std::mt19937 random_;
    mutex m;
    shared_mutex s;
    condition_variable c;
    bounded_semaphore permits{3};
    queue<int> q{4};
    int in_mutex = 0;
    int in_writer = 0;
    int readers = 0;
    int users = 0;
    int next_item = 0;
    int put_count = 0;
    std::set<int> taken;
};

void play_with(unsigned seed) {
    SCOPED_TRACE(seed_note(seed));
    in_virtual_time([seed] {
        playground p(seed);
        std::vector<task<void>> tasks;
        for (int i = 0; i < 20; ++i) {
            tasks.push_back(spawn([&] {
                for (;;) {
                    try {
                        p.play();
                        return;
                    } catch (const cancelled&) {
                        current_task().uncancel();
                        if (p.below(3) == 0) {
                            throw;
                        }
                    }
                }
            }));
        }
        for (int i = 0; i < 300; ++i) {
            p.pause();
            tasks[std::size_t(p.below(20))].cancel();
            if (i % 10 == 0) {
                sleep_for(1ms);
            }
        }
        for (auto& t : tasks) { // who still waits for an item or a place
            t.cancel();
            for (int i = 0; !t.done(); ++i) {
                sleep_for(10ms);
                if (i % 5 == 0) {
                    t.cancel();
                }
            }
        }
        p.expect_nothing_lost();
    });
}

TEST_F(sync_random_test, nothing_is_lost_whatever_happens_when) {
    const unsigned first = random_seed();
    for (unsigned seed = first; seed < first + 100 && !HasFailure(); ++seed) {
        play_with(seed);
    }
}

} // namespace
} // namespace weft::test
