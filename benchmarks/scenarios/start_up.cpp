// SPDX-License-Identifier: BSL-1.0
// What a program pays before its first line of work: time until its runtime runs a task, and what
// it brings along.
#include "benchmarks/scenarios/asking.hpp"
#include "benchmarks/scenarios/catalogue.hpp"
#include "benchmarks/scenarios/peer_process.hpp"
#include "benchmarks/scenarios/peers.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/types.h>

namespace bench {

namespace {

std::ifstream told_of(pid_t process, const char* file) {
    return std::ifstream("/proc/" + std::to_string(process) + "/" + file);
}

// Each file that has code in the process, once.
double bytes_of_programs(pid_t process) {
    std::ifstream maps = told_of(process, "maps");
    std::set<std::string> files;
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        std::string range;
        std::string access;
        std::string ignored;
        std::string file;
        words >> range >> access >> ignored >> ignored >> ignored >> file;
        if (access.find('x') != std::string::npos && file.starts_with('/'))
            files.insert(file);
    }
    double bytes = 0;
    for (const std::string& file : files) {
        std::error_code gone;
        const auto size = std::filesystem::file_size(file, gone);
        bytes += gone ? 0 : static_cast<double>(size);
    }
    return bytes;
}

double resident_bytes(pid_t process) {
    std::ifstream status = told_of(process, "status");
    for (std::string word; status >> word;) {
        double kib = 0;
        if (word == "VmRSS:" && status >> kib)
            return kib * 1024;
    }
    throw std::runtime_error("the kernel does not tell a process's resident memory");
}

measurement start(const std::string& peer) {
    const known_peer& self = peer_named(peer);
    const auto program = program_path(self.program);
    if (!program)
        throw std::runtime_error(self.name + ": " + self.program + " is gone");
    const auto began = std::chrono::steady_clock::now();
    const peer_process process({*program}); // it greets from its runtime's first task
    const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - began;
    const std::chrono::duration<double, std::milli> cpu = process.cpu_time();
    return {.values = {{"wall_ms", wall.count()},
                       {"cpu_ms", cpu.count()},
                       {"resident", resident_bytes(process.pid())},
                       {"files", bytes_of_programs(process.pid())}},
            .version = process.version(),
            .shortfall = {}};
}

} // namespace

std::vector<scenario> start_up_scenarios() {
    // Who is there, and what to install, is the same as for a question.
    std::vector<entrant> entrants = ask_peers({"weft", "threads", "boost.fiber", "state-threads",
                                               "asio", "go", "asyncio", "uvloop", "gevent"},
                                              {.command = "", .right = {}});
    for (entrant& each : entrants)
        each.run = [peer = each.peer](const request& /*wanted*/) { return start(peer); };
    return {{
        .name = "start_up",
        .title = "From the start of a program to its first task",
        .about = "A process is started and writes a line from the first task of its runtime; the "
                 "time is until that line is read, the making of the process included. All "
                 "functions of all libraries are bound at the start. Resident memory is that of "
                 "the moment; the files are the program and every library with code that it has "
                 "mapped, libc and the C++ library included, and for Python the interpreter and "
                 "its compiled modules.",
        .not_shown = "A program of one's own: these bring the scenarios of this tool with them, "
                     "the same ones each. Python's modules in source are not among the files.",
        .size_label = {},
        .quick_sizes = {1},
        .full_sizes = {1},
        .figures = {{"wall_ms", "time until the first task", "ms"},
                    {"cpu_ms", "CPU time until then", "ms"},
                    {"resident", "resident memory", "B"},
                    {"files", "program and libraries", "B"}},
        .entrants = std::move(entrants),
    }};
}

} // namespace bench
