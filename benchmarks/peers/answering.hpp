// SPDX-License-Identifier: BSL-1.0
// The peer's side of the measurement: a child process that answers one line for each line it gets.
//
// Every runtime that is compared, weft included, runs in a process of its own and is asked in the
// same words, so that none profits from sharing a heap, a signal handler or a warm cache with the
// measuring program, and one that is process-global (state-threads) or not C++ (Go) needs no
// special place. The peer takes the time itself, so the pipe costs nothing that is counted.
//
//   at start     peer NAME VERSION
//   asked        COMMAND N     or    COMMAND_SIZE N        for instance: ring_1000 1000000
//   answered     ok NANOSECONDS CHECK [KEY=VALUE ...]      or      error TEXT
//
// N is the number of operations. The size is of what they are done with: members of a ring, places
// in a queue.
// CHECK is a number that only the finished work can give (a sum, a count), and the measuring
// program refuses an answer whose check is wrong. End of input ends the peer.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace peers {

struct answer {
    std::int64_t nanoseconds = 0;
    std::int64_t check = 0;
    std::vector<std::pair<std::string, double>> counters = {};
};

// command: what a peer does when asked, a function of the operations or of the operations and a
// size. A size that it has no use for, or lacks, is an error and not a different measurement.
class command {
  public:
    template <class Run>
    command(Run run) : run_(pointer_to(run)) {} // NOLINT(google-explicit-constructor)

    answer operator()(std::int64_t operations, std::optional<std::int64_t> size) const {
        if (size.has_value() != std::holds_alternative<sized>(run_)) {
            throw std::invalid_argument(size ? "this command has no size" : "which size?");
        }
        return size ? std::get<sized>(run_)(operations, *size) : std::get<plain>(run_)(operations);
    }

  private:
    using plain = answer (*)(std::int64_t operations);
    using sized = answer (*)(std::int64_t operations, std::int64_t size);

    template <class Run>
    static auto pointer_to(Run run) {
        if constexpr (std::is_invocable_v<Run, std::int64_t>) {
            return plain(run);
        } else {
            return sized(run);
        }
    }

    std::variant<plain, sized> run_;
};

// stopwatch: wall time of this process since it was made.
class stopwatch {
  public:
    std::int64_t nanoseconds() const {
        auto spent = std::chrono::steady_clock::now() - start_;
        return std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// split takes the size off the end of a word: "ring_1000" is "ring" and 1000.
inline std::pair<std::string, std::optional<std::int64_t>> split(const std::string& word) {
    std::size_t digits = word.find_last_not_of("0123456789") + 1;
    if (digits == word.size() || digits < 2 || word[digits - 1] != '_') {
        return {word, std::nullopt};
    }
    return {word.substr(0, digits - 1), std::stoll(word.substr(digits))};
}

// respond runs one command and prints its line. An exception becomes an error line: a peer that
// cannot reach a size says so instead of ending silently.
inline void respond(const char* peer, const std::map<std::string, command>& commands,
                    const std::string& word, std::int64_t operations) {
    try {
        auto [name, size] = split(word);
        auto found = commands.find(name);
        if (found == commands.end()) {
            throw std::invalid_argument(std::string(peer) + " does not know this command");
        }
        answer result = found->second(operations, size);
        std::printf("ok %lld %lld", static_cast<long long>(result.nanoseconds),
                    static_cast<long long>(result.check));
        for (const auto& [key, value] : result.counters) {
            std::printf(" %s=%.17g", key.c_str(), value);
        }
        std::printf("\n");
    } catch (const std::exception& error) {
        std::printf("error %s: %s\n", word.c_str(), error.what());
    }
}

// answer_commands reads commands until the end of input. It blocks the whole thread while it waits
// for the next line, which is wanted: between two commands nothing else may run in this process.
inline int answer_commands(const char* name, const std::string& version,
                           const std::map<std::string, command>& commands) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("peer %s %s\n", name, version.c_str());
    char word[64];
    long long operations = 0;
    while (std::scanf("%63s %lld", word, &operations) == 2) {
        respond(name, commands, word, operations);
    }
    return 0;
}

} // namespace peers
