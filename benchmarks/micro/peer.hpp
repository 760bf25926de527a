// SPDX-License-Identifier: BSL-1.0
// A running peer: a child process, pinned to a core of its own, that answers the line protocol
// described in ../peers/answering.hpp. The measuring program sits on another core, asleep while
// the peer works.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace micro {

struct answer {
    std::int64_t nanoseconds = 0;   // wall time, by the peer's own clock
    std::chrono::nanoseconds cpu{}; // CPU time of the whole peer from the question to the answer
    std::int64_t check = 0;
    std::map<std::string, double> counters;
};

class peer {
  public:
    // peer starts a program of that folder, see below. `command_line` is its name and
    // arguments. Throws std::runtime_error when it cannot be started or does not greet.
    explicit peer(const std::vector<std::string>& command_line);
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;
    ~peer(); // kills the child and waits for it

    const std::string& version() const { return version_; }

    // ask sends one command and waits for its answer. Throws std::runtime_error with the peer's own
    // words when it reports an error, and with the reason of its end when it died.
    answer ask(const std::string& command, std::int64_t operations);

    // read_line waits for the next line of a peer that speaks unasked (an HTTP server's port).
    std::string read_line();

    // cpu_time: what the whole process has used so far, threads that have ended included.
    std::chrono::nanoseconds cpu_time() const;

  private:
    std::string how_it_ended();

    pid_t pid_ = -1;
    int to_ = -1;
    int from_ = -1;
    std::string name_;
    std::string version_;
    std::string received_;
};

// program_path: where the program of that name lies, in peers/ beside the running one's folder.
std::string program_path(const std::string& name);

// keep_to_own_core pins the measuring program away from the core that the peers run on.
void keep_to_own_core();

} // namespace micro
