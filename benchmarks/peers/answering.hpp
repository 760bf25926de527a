// SPDX-License-Identifier: BSL-1.0
// The peer's side of the measurement: a child process that answers one line for each line it gets.
//
// Every runtime that is compared, weft included, runs in a process of its own and is asked in the
// same words, so that none profits from sharing a heap, a signal handler or a warm cache with the
// measuring program, and one that is process-global (state-threads) or not C++ (Go) needs no
// special place. The peer takes the time itself, so the pipe costs nothing that is counted.
//
//   at start     peer NAME VERSION
//   asked        COMMAND N                      for instance: yield 1000000
//   answered     ok NANOSECONDS CHECK [KEY=VALUE ...]      or      error TEXT
//
// CHECK is a number that only the finished work can give (a sum, a count), and the measuring
// program refuses an answer whose check is wrong. End of input ends the peer.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace peers {

struct answer {
    std::int64_t nanoseconds = 0;
    std::int64_t check = 0;
    std::vector<std::pair<std::string, double>> counters = {};
};

using command = answer (*)(std::int64_t operations);

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

// respond runs one command and prints its line. An exception becomes an error line: a peer that
// cannot reach a size says so instead of ending silently.
inline void respond(command run, std::int64_t operations) {
    try {
        answer result = run(operations);
        std::printf("ok %lld %lld", static_cast<long long>(result.nanoseconds),
                    static_cast<long long>(result.check));
        for (const auto& [key, value] : result.counters) {
            std::printf(" %s=%.17g", key.c_str(), value);
        }
        std::printf("\n");
    } catch (const std::exception& error) {
        std::printf("error %s\n", error.what());
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
        auto found = commands.find(word);
        if (found == commands.end()) {
            std::printf("error %s does not know the command '%s'\n", name, word);
        } else {
            respond(found->second, operations);
        }
    }
    return 0;
}

} // namespace peers
