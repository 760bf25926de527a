// SPDX-License-Identifier: BSL-1.0
// Boost.Asio as a peer: its stackful coroutines (asio::spawn) on one io_context and one thread, and
// its timers. It has no way to wait for the end of a coroutine and no event: both are a timer that
// is cancelled, as its users write it.
//
// A coroutine is started by another one and runs at once, until it first waits.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/boost_version.hpp"
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/scopes.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <boost/asio.hpp>
#include <boost/asio/spawn.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace {

using namespace peers;
namespace asio = boost::asio;

asio::io_context& context() {
    static asio::io_context one(1);
    return one;
}

// The coroutine that runs: set anew by whoever has waited.
asio::yield_context* running = nullptr;

// event is what its users make of a timer that never expires: whoever cancels it wakes all.
class event {
  public:
    void wait() {
        if (set_) {
            return;
        }
        asio::yield_context* self = running;
        boost::system::error_code cancelled;
        never_.async_wait((*self)[cancelled]);
        running = self;
    }
    void set() {
        set_ = true;
        never_.cancel();
    }

  private:
    asio::steady_timer never_{context(), asio::steady_timer::time_point::max()};
    bool set_ = false;
};

struct runtime {
    using counter = std::int64_t;
    struct task {
        bool ended = false;
        event* joiner = nullptr;
    };
    using handle = std::shared_ptr<task>;

    template <class Body>
    static handle start(Body& body) {
        handle started = std::make_shared<task>();
        asio::yield_context* parent = running;
        asio::spawn(
            *parent,
            [&body, started](asio::yield_context self) {
                running = &self;
                body();
                started->ended = true;
                if (started->joiner != nullptr) {
                    started->joiner->set();
                }
            },
            boost::coroutines::attributes(stack_size));
        running = parent;
        return started;
    }
    static void join(const handle& task) {
        if (!task->ended) {
            event end;
            task->joiner = &end;
            end.wait();
        }
    }
    static void yield() {
        asio::yield_context* self = running;
        asio::post(*self);
        running = self;
    }
    static void give_way() { yield(); }

  private:
    static constexpr std::size_t stack_size = 16 * 1024;
};

struct skynet_actor {
    std::int64_t first = 0;
    std::int64_t leaves = 0;
    std::int64_t sum = 0;

    void operator()() {
        if (leaves == 1) {
            sum = first;
            return;
        }
        std::int64_t share = leaves / 10;
        std::vector<skynet_actor> children(10);
        for (std::int64_t i = 0; i < 10; ++i) {
            children[static_cast<std::size_t>(i)] = {.first = first + i * share, .leaves = share};
        }
        run_all<runtime>(children);
        for (const skynet_actor& child : children) {
            sum += child.sum;
        }
    }
};

answer skynet(std::int64_t actors) {
    std::vector<skynet_actor> root{{.first = 0, .leaves = leaves_of(actors)}};
    stopwatch watch;
    run_all<runtime>(root);
    return {.nanoseconds = watch.nanoseconds(), .check = root.front().sum};
}

answer timers(std::int64_t count) {
    event all_fired;
    std::int64_t fired = 0;
    std::int64_t cancelled = 0;
    std::deque<asio::steady_timer> armed;
    stopwatch wall;
    cpu_stopwatch cpu;
    for (std::int64_t i = 0; i < count; ++i) {
        armed.emplace_back(context(), due_in(i)).async_wait([&](boost::system::error_code error) {
            ++(error ? cancelled : fired);
            if (fired + cancelled == count) {
                all_fired.set();
            }
        });
    }
    for (std::size_t i = 1; i < armed.size(); i += 2) {
        armed[i].cancel();
    }
    all_fired.wait();
    return counted_phase(wall, cpu, count, fired);
}

answer late_sleeps(std::int64_t count) {
    asio::steady_timer timer(context());
    return sample_sleeps(count, nap_span, [&] {
        asio::yield_context* self = running;
        timer.expires_after(nap_span);
        timer.async_wait(*self);
        running = self;
    });
}

void answer_all(asio::yield_context self) {
    running = &self;
    answer_commands("Boost.Asio", boost_version(),
                    {{"create_join", create_and_join<runtime>},
                     {"switch", switch_turns<runtime>},
                     {"skynet", skynet},
                     {"timers", timers},
                     {"sleep", late_sleeps},
                     {"park", park_crowd<runtime, event>}});
}

} // namespace

int main() {
    asio::spawn(context(), answer_all);
    context().run();
    return 0;
}
