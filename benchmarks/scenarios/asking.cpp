// SPDX-License-Identifier: BSL-1.0
// asking: see the header.
#include "benchmarks/scenarios/asking.hpp"

#include "benchmarks/scenarios/peers.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace bench {

namespace {

using seconds = std::chrono::duration<double>;

constexpr std::int64_t first_guess = 64;
constexpr double longest_step = 32; // a guess is not trusted further than this

std::string for_size(std::string command, std::int64_t size) {
    constexpr std::string_view place = "{size}";
    const std::size_t found = command.find(place);
    if (found != std::string::npos)
        command.replace(found, place.size(), std::to_string(size));
    return command;
}

// One entrant's way of asking, and how many operations it found to fill a window.
class asker {
  public:
    asker(std::string peer, question asked) : peer_(std::move(peer)), question_(std::move(asked)) {}

    measurement operator()(const request& wanted) {
        peer_process process({path()});
        const std::int64_t fixed = question_.operations ? question_.operations(wanted.size) : 0;
        const std::int64_t operations = fixed > 0 ? fixed : filling(process, wanted);
        const answer got = ask(process, wanted.size, operations);
        measurement result{.values = got.counters, .version = process.version(), .shortfall = {}};
        const auto each = [&](std::chrono::nanoseconds all) {
            return static_cast<double>(all.count()) / static_cast<double>(operations);
        };
        result.values.try_emplace(cpu_figure().id, each(got.cpu));
        result.values.try_emplace(wall_figure().id, each(got.wall));
        return result;
    }

  private:
    std::string path() const {
        const known_peer& self = peer_named(peer_);
        if (const auto missing = why_missing(self, self.program))
            throw std::runtime_error(self.name + ": " + *missing);
        return *program_path(self.program);
    }

    answer ask(peer_process& process, std::int64_t size, std::int64_t operations) const {
        const std::string command = for_size(question_.command, size);
        answer got = process.ask(command, operations);
        if (!question_.right(got.check, operations, size))
            throw std::runtime_error(peer_named(peer_).name + ": a wrong result for " + command +
                                     " " + std::to_string(operations) + ": " +
                                     std::to_string(got.check));
        return got;
    }

    // filling also warms the process up: the last try is as long as what counts, or nearly so.
    std::int64_t filling(peer_process& process, const request& wanted) {
        std::int64_t& known = known_[wanted.size];
        if (known > 0 && known_window_ == wanted.window) {
            ask(process, wanted.size, rounded(static_cast<double>(known) / 4));
            return known;
        }
        known_window_ = wanted.window;
        std::int64_t operations = rounded(static_cast<double>(first_guess));
        for (;;) {
            const seconds took =
                std::max(seconds(1e-7), seconds(ask(process, wanted.size, operations).wall));
            const double factor = wanted.window / took;
            if (factor < 1.5)
                return known = operations;
            operations = rounded(static_cast<double>(operations) * std::min(factor, longest_step));
        }
    }

    std::int64_t rounded(double operations) const {
        const auto times = static_cast<std::int64_t>(operations) / question_.multiple;
        return std::max<std::int64_t>(1, times) * question_.multiple;
    }

    std::string peer_;
    question question_;
    seconds known_window_{0};
    std::map<std::int64_t, std::int64_t> known_; // by size
};

} // namespace

figure cpu_figure() {
    return {"cpu_ns", "CPU time of an operation", "ns"};
}

figure wall_figure() {
    return {"wall_ns", "wall time of an operation", "ns"};
}

std::function<std::int64_t(std::int64_t)> once_around(std::int64_t times) {
    constexpr std::int64_t large = 10'000;
    return [times](std::int64_t size) { return size < large ? 0 : times * size; };
}

std::vector<entrant> ask_peers(const std::vector<std::string>& peers, const question& asked) {
    std::vector<entrant> entrants;
    for (const std::string& peer : peers) {
        auto self = std::make_shared<asker>(peer, asked); // entrants are copied
        entrants.push_back(
            {.peer = peer,
             .run = [self](const request& wanted) { return (*self)(wanted); },
             .missing =
                 [peer] {
                     return why_missing(peer_named(peer), peer_named(peer).program).value_or("");
                 },
             .package = peer_named(peer).package});
    }
    return entrants;
}

void limit_size(std::vector<entrant>& entrants, const std::string& peer, std::int64_t largest,
                const std::string& why) {
    for (entrant& each : entrants)
        if (each.peer == peer) {
            each.largest = largest;
            each.why_largest = why;
        }
}

} // namespace bench
