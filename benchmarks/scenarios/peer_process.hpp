// SPDX-License-Identifier: BSL-1.0
// A running peer: a child process, pinned to the core that servers get, that answers the line
// protocol described in ../peers/answering.hpp. The measuring process sits on another core, asleep
// while the peer works.
//
// Invariant: a child never outlives the object, nor the measuring process however that one ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace bench {

struct answer {
    std::chrono::nanoseconds wall{}; // by the peer's own clock
    std::chrono::nanoseconds cpu{};  // of the whole peer, from the question to the answer
    std::int64_t check = 0;
    std::map<std::string, double> counters;
};

class peer_process {
  public:
    // Starts a program (a path) with its arguments and waits for its greeting. Throws
    // std::runtime_error when it cannot be started or does not greet.
    explicit peer_process(const std::vector<std::string>& command_line);
    peer_process(const peer_process&) = delete;
    peer_process& operator=(const peer_process&) = delete;
    ~peer_process(); // kills the child and waits for it

    pid_t pid() const { return pid_; }
    const std::string& version() const { return version_; }

    // ask sends "COMMAND OPERATIONS" and waits for the answer. Throws std::runtime_error with the
    // peer's own words when it reports an error, with the reason of its end when it died or fell
    // silent; `interrupted` after a signal.
    answer ask(const std::string& command, std::int64_t operations);

    // read_line waits for the next line of a peer that speaks unasked (a server's port).
    std::string read_line();

    // cpu_time: what the whole process has used so far, threads that have ended included.
    std::chrono::nanoseconds cpu_time() const;

  private:
    [[noreturn]] void report_end();

    std::string name_;
    pid_t pid_ = -1;
    int to_ = -1;
    int from_ = -1;
    std::string version_;
    std::string received_;
};

// sit_apart pins the measuring process to its own core, away from the peers'.
void sit_apart();

} // namespace bench
