// SPDX-License-Identifier: BSL-1.0
//
// For the tests of the calls by which threads wait for each other, in a program that is linked with
// libweft-interpose.so: every call of pthread's here is that library's.
#pragma once

#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <weft/posix.hpp>
#include <weft/thread_calls.hpp>
#include <weft/weft.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <time.h>

namespace weft::test {

using namespace std::chrono_literals;

// The order of what tasks of one thread do.
class diary {
  public:
    void note(const std::string& what) { text_ += (text_.empty() ? "" : " ") + what; }
    const std::string& text() const noexcept { return text_; }

  private:
    std::string text_;
};

// What pthread's timed calls take: a point of the clock that lies `span` after now.
inline timespec in(std::chrono::nanoseconds span, clockid_t clock = CLOCK_REALTIME) {
    timespec t{};
    ::clock_gettime(clock, &t);
    const auto sum = std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec) + span;
    const auto whole = std::chrono::floor<std::chrono::seconds>(sum);
    return {whole.count(), (sum - whole).count()};
}

// How long f takes by the loop's time.
template <class F>
clock::duration time_of(F&& f) {
    const auto begin = loop_time();
    f();
    return loop_time() - begin;
}

// Lets a thread and a task, or two threads, come to a point in the order of the test.
class flag {
  public:
    void raise() noexcept { up_.store(true); }
    bool up() const noexcept { return up_.load(); }

    // On a plain thread.
    void wait_as_thread() const {
        while (!up()) {
            std::this_thread::sleep_for(100us);
        }
    }
    // On a task: the others run meanwhile.
    void wait_as_task() const {
        while (!up()) {
            weft::sleep_for(100us);
        }
    }

  private:
    std::atomic<bool> up_ = false;
};

// Waits until the thread sleeps in the kernel, as one does that waits for a lock.
inline void wait_until_asleep(pid_t thread) {
    const std::string path = "/proc/self/task/" + std::to_string(thread) + "/stat";
    for (;;) {
        char text[512] = {};
        if (std::FILE* f = std::fopen(path.c_str(), "r")) {
            const auto size = std::fread(text, 1, sizeof(text) - 1, f);
            std::fclose(f);
            const std::string all(text, size);
            const auto end = all.rfind(')');
            if (end != std::string::npos && all.size() > end + 2 && all[end + 2] == 'S') {
                return;
            }
        }
        std::this_thread::sleep_for(100us);
    }
}

// Who does the parts of a test.
enum class actors { tasks, threads, both };

inline std::string name_of(actors a) {
    return a == actors::tasks ? "tasks" : a == actors::threads ? "threads" : "both";
}

// Runs all parts at the same time, on tasks of one loop, on threads, or on both by turns, and
// returns when they have ended.
inline void act(actors who, std::vector<std::function<void()>> parts) {
    std::vector<std::thread> threads;
    weft::run([&] {
        std::vector<weft::task<void>> tasks;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (who == actors::tasks || (who == actors::both && i % 2 == 0)) {
                tasks.push_back(weft::spawn(parts[i]));
            } else {
                threads.emplace_back(parts[i]);
            }
        }
        for (auto& t : tasks) {
            t.get();
        }
        for (auto& t : threads) {
            t.join();
        }
    });
}

class with_actors : public api_test, public testing::WithParamInterface<actors> {};

#define WEFT_WITH_ALL_ACTORS(suite)                                                                \
    INSTANTIATE_TEST_SUITE_P(everybody, suite,                                                     \
                             testing::Values(actors::tasks, actors::threads, actors::both),        \
                             [](const auto& one) { return name_of(one.param); })

} // namespace weft::test
