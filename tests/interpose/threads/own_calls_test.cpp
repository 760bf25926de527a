// SPDX-License-Identifier: BSL-1.0
//
// weft's own locks, which its loops, pools and inboxes share between threads: a task that finds one
// of them taken must not be suspended in the middle of suspending.
#include "tests/interpose/threads/threads_fixture.hpp"

namespace weft::test {
namespace {

class own_calls : public api_test {};

TEST_F(own_calls, of_loops_that_post_to_each_other_and_ask_their_threads) {
    constexpr int rounds = 200;
    std::atomic<loop*> loops[2] = {};
    std::atomic<int> posted = 0;
    std::atomic<int> ready = 0;
    const auto a_loop = [&](int me) {
        return [&, me] {
            weft::run([&] {
                loops[me] = &running_loop();
                while (loops[1 - me] == nullptr) {
                    weft::yield();
                }
                std::vector<task<void>> all;
                for (int i = 0; i < 4; ++i) {
                    all.push_back(spawn([&, me] {
                        for (int round = 0; round < rounds; ++round) {
                            loops[1 - me].load()->post([&] { ++posted; });
                            if (round % 10 == 0) {
                                EXPECT_EQ(to_thread([round] { return round; }), round);
                            }
                        }
                    }));
                }
                for (auto& t : all) {
                    t.get();
                }
                ++ready;
                while (ready < 2 || posted < 8 * rounds) {
                    weft::sleep_for(100us);
                }
            });
        };
    };
    std::thread other(a_loop(1));
    a_loop(0)();
    other.join();
    EXPECT_EQ(posted, 8 * rounds);
}

} // namespace
} // namespace weft::test
