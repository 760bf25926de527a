// SPDX-License-Identifier: BSL-1.0
//
// What tests of unmodified blocking libraries share. They are linked with libweft-interpose, so the
// libraries' calls block a task where they would have blocked the thread.
#pragma once

#include "tests/support/net_streams.hpp"
#include "tests/support/sanitized.hpp"

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace weft::test {

// One server for all tests of a suite, started by the first, outside any loop. `Server` throws what
// is missing, and so the suite fails.
template <class Server>
class with_server : public net_test {
  protected:
    static void SetUpTestSuite() { running() = std::make_unique<Server>(); }
    static void TearDownTestSuite() { running().reset(); }
    static Server& server() { return *running(); }

  private:
    static std::unique_ptr<Server>& running() {
        static std::unique_ptr<Server> one;
        return one;
    }
};

// Runs f(0) ... f(n - 1), each in a task of its own, until all have ended.
template <class F>
void in_tasks(int n, F f) {
    with_task_group([&](task_group& group) {
        for (int i = 0; i < n; ++i) {
            group.spawn(f, i);
        }
    });
}

// How long f takes.
template <class F>
std::chrono::milliseconds time_of(F&& f) {
    const auto begin = clock::now();
    std::forward<F>(f)();
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begin);
}

// A second, where nothing else slows the program down; far less than the calls take one by one.
inline constexpr std::chrono::milliseconds a_second{sanitized ? 4000 : 1000};

// Counts turns of the loop, a millisecond apart, while it lives: what holds the thread stops it.
class heartbeat {
  public:
    int beats() const noexcept { return beats_; }

  private:
    int beats_ = 0;
    task<void> task_ = spawn([this] {
        for (;; ++beats_) {
            sleep_for(std::chrono::milliseconds(1));
        }
    });
};

// Runs f in a task and cancels it when it has waited for a while. The task must notice, and end as
// cancelled when f returns. Whatever f checks, it checks with the cancel already due.
template <class F>
void cancel_while_it_waits(F f) {
    bool returned = false;
    task<void> waiting = spawn([&] {
        f();
        returned = true;
        sleep_for(std::chrono::seconds(30)); // throws
        ADD_FAILURE() << "the cancel was lost";
    });
    sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(returned) << "it did not wait";
    waiting.cancel();
    waiting.wait();
    EXPECT_TRUE(returned) << "the cancel went through the library's frames";
    EXPECT_TRUE(waiting.cancelled());
}

// A socket on 127.0.0.1 that listens, and answers nobody.
class silent_listener {
  public:
    silent_listener() : listener_("127.0.0.1", 0) {}
    int port() const { return listener_.local_endpoint().port(); }

  private:
    listener listener_;
};

} // namespace weft::test
