// SPDX-License-Identifier: BSL-1.0
// What is done with many tasks at once: made and joined, switched between, a token passed around.
//
// The programs stand here once. A C++ runtime brings a Runtime, a type with
//
//   counter         what its tasks count with: std::int64_t, or an atomic one where they are
//   threads start(body)     makes a task that calls body(), which outlives it; returns something to
//   move about join(task)      waits for the task's end yield()         lets the others run
//   give_way()      the same for somebody who has nothing to do until they have
//
// Only the phase is counted that the program is about; making the tasks of a ring is no part of it.
#pragma once

#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/counted_phase.hpp"
#include "benchmarks/peers/turns.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace peers {

// run_all starts a task for each of these bodies and returns when all have ended.
template <class Runtime, class Body>
void run_all(std::vector<Body>& bodies) {
    std::vector<decltype(Runtime::start(bodies.front()))> tasks;
    tasks.reserve(bodies.size());
    for (Body& body : bodies) {
        tasks.push_back(Runtime::start(body));
    }
    for (auto& task : tasks) {
        Runtime::join(task);
    }
}

// create_and_join: as many tasks as `alive` are made before the first is joined. The check counts
// those that ran.
template <class Runtime>
answer create_and_join(std::int64_t operations, std::int64_t alive) {
    typename Runtime::counter ran{0};
    auto body = [&ran] { ++ran; };
    std::vector<decltype(Runtime::start(body))> tasks;
    tasks.reserve(static_cast<std::size_t>(std::min(alive, operations)));
    phase counted;
    counted.begin();
    for (std::int64_t left = operations; left > 0;) {
        for (std::int64_t i = std::min(alive, left); i > 0; --i, --left) {
            tasks.push_back(Runtime::start(body));
        }
        for (auto& task : tasks) {
            Runtime::join(task);
        }
        tasks.clear();
    }
    counted.end(operations);
    return counted.result(ran);
}

// course: where a crowd's counted phase begins and ends: when the last has been started, and when
// the last is done. Until then the others yield.
template <class Runtime>
class course {
  public:
    explicit course(std::int64_t size) : size_(size) {}
    void begin() {
        if (++started_ == size_) {
            counted_.begin();
        }
        while (started_ < size_) {
            Runtime::yield();
        }
    }
    void end(std::int64_t operations) {
        if (++done_ == size_) {
            counted_.end(operations);
        }
        while (done_ < size_) {
            Runtime::yield();
        }
    }
    answer result(std::int64_t check) const { return counted_.result(check); }

  private:
    std::int64_t size_;
    typename Runtime::counter started_{0};
    typename Runtime::counter done_{0};
    phase counted_;
};

// crowd_turns: so many tasks do their share of the operations, all at once. Turn(who) is one
// operation, which notes whose turn it was; the check counts how often that was another task.
template <class Runtime, class Turn, class Leave>
answer crowd_turns(std::int64_t operations, std::int64_t size, Turn turn, Leave leave) {
    struct shared {
        std::int64_t operations, size;
        Turn turn;
        Leave leave;
        course<Runtime> counted{size};
        basic_turns<typename Runtime::counter> turns = {};
    } all{.operations = operations, .size = size, .turn = turn, .leave = leave};
    struct player {
        shared* all;
        std::int64_t who;
        void operator()() const {
            all->counted.begin();
            for (std::int64_t n = (all->operations + who) / all->size; n > 0; --n) {
                all->turn(who, [this] { all->turns.note(who); });
            }
            all->leave(who);
            all->counted.end(all->operations);
        }
    };
    std::vector<player> players;
    players.reserve(static_cast<std::size_t>(size));
    for (std::int64_t who = 0; who < size; ++who) {
        players.push_back({&all, who});
    }
    run_all<Runtime>(players);
    return all.counted.result(all.turns.alternations());
}

// switch_turns: the tasks yield in turn.
template <class Runtime>
answer switch_turns(std::int64_t operations, std::int64_t size) {
    auto turn = [](std::int64_t, auto note) {
        Runtime::yield();
        note();
    };
    return crowd_turns<Runtime>(operations, size, turn, [](std::int64_t) {});
}

// contend: the tasks take one lock in turn. Each yields while it holds it, so that the others come
// to wait, and once more after it has given it up, so that the next one has it. Lock has lock() and
// unlock().
template <class Runtime, class Lock>
answer contend(std::int64_t operations, std::int64_t size) {
    Lock lock;
    auto turn = [&lock](std::int64_t, auto note) {
        lock.lock();
        note();
        Runtime::yield();
        lock.unlock();
        Runtime::yield();
    };
    return crowd_turns<Runtime>(operations, size, turn, [](std::int64_t) {});
}

// pass_around: a token goes around a ring of tasks, each of which waits at its own queue of one
// place. One operation is one hop: a put and a get that had to wait. Queue is as for pass_items().
// The check is what the last one reads on the token, which counts its hops.
template <class Runtime, class Queue>
answer pass_around(std::int64_t operations, std::int64_t size) {
    struct shared {
        std::int64_t operations, size;
        std::vector<std::unique_ptr<Queue>> queues;
        typename Runtime::counter started{0};
        std::int64_t last = 0;
        phase counted;
    } all{.operations = operations, .size = size, .queues = {}, .counted = {}};
    struct member {
        shared* all;
        std::int64_t who;
        void operator()() const {
            constexpr std::int64_t end = -1;
            Queue& mine = *all->queues[static_cast<std::size_t>(who)];
            Queue& next = *all->queues[static_cast<std::size_t>((who + 1) % all->size)];
            if (++all->started == all->size) {
                all->counted.begin();
                next.put(1);
            }
            for (;;) {
                std::int64_t hops = mine.get();
                if (hops == all->operations) {
                    all->counted.end(hops);
                    all->last = hops;
                    hops = end;
                }
                next.put(hops < 0 ? end : hops + 1);
                if (hops < 0) {
                    return;
                }
            }
        }
    };
    std::vector<member> members;
    for (std::int64_t who = 0; who < size; ++who) {
        all.queues.push_back(std::make_unique<Queue>(std::size_t(1)));
        members.push_back({&all, who});
    }
    run_all<Runtime>(members);
    return all.counted.result(all.last);
}

// task_commands: each runtime's own, under the names "create_join" (size: how many are alive at
// once), "switch" (tasks), "ring" (members), "mutex" (contenders), "skynet" (operations: actors
// in the tree) and "park" (crowd.hpp); those that it has not are left out.
std::map<std::string, command> task_commands();

// A full tree with ten children a node has leaves + leaves/10 + ... + 1 actors.
constexpr std::int64_t leaves_of(std::int64_t actors) {
    return (9 * actors + 1) / 10;
}
static_assert(leaves_of(1'111'111) == 1'000'000);

} // namespace peers
