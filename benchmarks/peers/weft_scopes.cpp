// SPDX-License-Identifier: BSL-1.0
// weft's side of gathering, timing out and cancelling.
#include "benchmarks/peers/scopes.hpp"

#include <weft/weft.hpp>

#include <vector>

namespace {

using namespace peers;

answer gather(std::int64_t operations, std::int64_t width) {
    return gather_all(operations, width, [](std::int64_t count) {
        auto immediate = [](std::int64_t child) { return [child] { return child; }; };
        std::vector<decltype(immediate(0))> children;
        children.reserve(static_cast<std::size_t>(count));
        for (std::int64_t child = 0; child < count; ++child) {
            children.push_back(immediate(child));
        }
        std::int64_t sum = 0;
        for (std::int64_t value : weft::gather(std::move(children))) {
            sum += value;
        }
        return sum;
    });
}

answer with_timeout(std::int64_t operations, std::int64_t timers) {
    std::vector<weft::handle> armed;
    armed.reserve(static_cast<std::size_t>(timers));
    for (std::int64_t i = 0; i < timers; ++i) {
        armed.push_back(weft::running_loop().call_later(armed_for(i), [] {}));
    }
    std::int64_t ran = 0;
    std::int64_t sum = 0;
    stopwatch wall;
    cpu_stopwatch cpu;
    for (std::int64_t i = 0; i < operations; ++i) {
        auto limit = time_limits[static_cast<std::size_t>(i) % time_limits.size()];
        sum += weft::with_timeout(limit, [&ran] { return ++ran; });
    }
    answer result = counted_phase(wall, cpu, operations, sum);
    for (weft::handle& one : armed) {
        one.cancel();
    }
    return result;
}

answer timers(std::int64_t count) {
    weft::loop& loop = weft::running_loop();
    weft::event all_fired;
    std::int64_t fired = 0;
    std::int64_t to_fire = (count + 1) / 2;
    std::vector<weft::handle> armed;
    armed.reserve(static_cast<std::size_t>(count));
    stopwatch wall;
    cpu_stopwatch cpu;
    for (std::int64_t i = 0; i < count; ++i) {
        armed.push_back(loop.call_later(due_in(i), [&] {
            if (++fired == to_fire) {
                all_fired.set();
            }
        }));
    }
    for (std::size_t i = 1; i < armed.size(); i += 2) {
        armed[i].cancel();
    }
    all_fired.wait();
    return counted_phase(wall, cpu, count, fired);
}

// Parked at something that never comes, as a server's tasks are.
answer cancel(std::int64_t crowd) {
    weft::event never;
    std::int64_t parked = 0;
    std::int64_t cancelled = 0;
    std::vector<weft::task<void>> tasks;
    tasks.reserve(static_cast<std::size_t>(crowd));
    for (std::int64_t i = 0; i < crowd; ++i) {
        tasks.push_back(weft::spawn([&] {
            ++parked;
            never.wait();
        }));
    }
    while (parked < crowd) {
        weft::yield();
    }
    weft::yield();
    stopwatch wall;
    cpu_stopwatch cpu;
    for (auto& task : tasks) {
        task.cancel();
    }
    for (auto& task : tasks) {
        task.wait();
        cancelled += task.cancelled();
    }
    return counted_phase(wall, cpu, crowd, cancelled);
}

} // namespace

std::map<std::string, command> peers::scope_commands() {
    return {
        {"gather", gather}, {"with_timeout", with_timeout}, {"timers", timers}, {"cancel", cancel}};
}
