// SPDX-License-Identifier: BSL-1.0
// state-threads as a peer. It has no yield: two threads hand over through a condition variable
// each, its cheapest way to switch (st_usleep(0) asks the kernel for events every time). Its sleeps
// count from when its scheduler last looked at the clock, so a crowd that is made in one go wakes
// early; the figures show it.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/turns.hpp"

#include <stdexcept>
#include <vector>

#include <st.h>

namespace {

using peers::answer;
using peers::stopwatch;

// 16 KiB where a million threads are alive at once: its stacks have no guard and are never
// unmapped.
constexpr int small_stack = 16 * 1024;

template <class Body>
st_thread_t start(Body& body, int stack_size = 0) {
    auto entry = [](void* argument) -> void* {
        (*static_cast<Body*>(argument))();
        return nullptr;
    };
    st_thread_t thread = st_thread_create(entry, &body, 1, stack_size);
    if (thread == nullptr) {
        throw std::runtime_error("st_thread_create failed");
    }
    return thread;
}

answer yield(std::int64_t operations) {
    peers::turns turns;
    st_cond_t wake[2] = {st_cond_new(), st_cond_new()};
    int playing = 2;
    auto play = [&](int who) {
        turns.note(who);
        for (std::int64_t i = 0, n = (operations + who) / 2; i < n; ++i) {
            st_cond_signal(wake[1 - who]);
            if (playing == 2) {
                st_cond_wait(wake[who]);
            }
            turns.note(who);
        }
        --playing;
        st_cond_signal(wake[1 - who]);
    };
    auto one = [&] { play(0); };
    auto two = [&] { play(1); };
    stopwatch watch;
    st_thread_t first = start(one);
    st_thread_t second = start(two);
    st_thread_join(first, nullptr);
    st_thread_join(second, nullptr);
    answer result{.nanoseconds = watch.nanoseconds(), .check = turns.alternations()};
    st_cond_destroy(wake[0]);
    st_cond_destroy(wake[1]);
    return result;
}

answer spawn_join(std::int64_t operations) {
    std::int64_t ran = 0;
    auto body = [&ran] { ++ran; };
    stopwatch watch;
    for (std::int64_t i = 0; i < operations; ++i) {
        st_thread_join(start(body), nullptr);
    }
    return {.nanoseconds = watch.nanoseconds(), .check = ran};
}

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
        skynet_actor actors[10];
        st_thread_t children[10];
        for (int i = 0; i < 10; ++i) {
            actors[i] = {.first = first + i * share, .leaves = share};
            children[i] = start(actors[i], small_stack);
        }
        for (int i = 0; i < 10; ++i) {
            st_thread_join(children[i], nullptr);
            sum += actors[i].sum;
        }
    }
};

answer skynet(std::int64_t leaves) {
    stopwatch watch;
    skynet_actor root{.first = 0, .leaves = leaves};
    st_thread_join(start(root, small_stack), nullptr);
    return {.nanoseconds = watch.nanoseconds(), .check = root.sum};
}

answer nap(std::int64_t count) {
    return peers::sample_sleeps(count, peers::nap_span, [] {
        st_usleep(static_cast<st_utime_t>(peers::nap_span.count()));
    });
}

class crowd_host {
  public:
    explicit crowd_host(std::int64_t size) : threads_(static_cast<std::size_t>(size)) {
        threads_.clear();
    }
    template <class Member>
    void start(Member& member) {
        threads_.push_back(::start(member, small_stack));
    }
    static void nap(std::chrono::microseconds span) {
        st_usleep(static_cast<st_utime_t>(span.count()));
    }
    void join() {
        for (st_thread_t thread : threads_) {
            st_thread_join(thread, nullptr);
        }
    }

  private:
    std::vector<st_thread_t> threads_;
};

answer park(std::int64_t size) {
    return peers::park_crowd<std::int64_t>(size, crowd_host(size));
}

} // namespace

int main() {
    st_set_eventsys(ST_EVENTSYS_ALT);
    if (st_init() != 0) {
        return 1;
    }
    auto commands = peers::handover_commands();
    commands.insert({{"yield", yield},
                     {"spawn_join", spawn_join},
                     {"skynet", skynet},
                     {"nap", nap},
                     {"park", park}});
    return peers::answer_commands("state-threads", STATE_THREADS_VERSION, commands);
}
