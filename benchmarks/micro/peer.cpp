// SPDX-License-Identifier: BSL-1.0
// How a peer is started on its core, asked, and ended.
#include "benchmarks/micro/peer.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace micro {
namespace {

constexpr int patience_ms = 600'000;

// The cores this process was given, before it pinned itself to one of them.
const std::vector<int>& given_cores() {
    static const std::vector<int> cores = [] {
        cpu_set_t set;
        std::vector<int> found;
        ::sched_getaffinity(0, sizeof(set), &set);
        for (int core = 0; core < CPU_SETSIZE; ++core) {
            if (CPU_ISSET(core, &set)) {
                found.push_back(core);
            }
        }
        return found;
    }();
    return cores;
}

void pin_to(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::sched_setaffinity(0, sizeof(set), &set);
}

// Runs in the child between fork and exec. Functions are bound before the start, so that no peer
// pays for it in its first operation, or on a small stack.
[[noreturn]] void become(char** arguments, int in, int out, int core) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    pin_to(core);
    ::setenv("LD_BIND_NOW", "1", 1);
    ::setenv("GOMAXPROCS", "1", 1);
    ::execv(arguments[0], arguments);
    ::_exit(127);
}

} // namespace

std::string program_path(const std::string& name) {
    auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return folder.parent_path() / "peers" / name;
}

void keep_to_own_core() {
    pin_to(given_cores().back());
}

peer::peer(const std::vector<std::string>& command_line) : name_(command_line.front()) {
    std::vector<std::string> words = command_line;
    words.front() = program_path(name_);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    int core = given_cores().front();

    int down[2];
    int up[2];
    if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0) {
        throw std::runtime_error(name_ + ": no pipe");
    }
    pid_ = ::fork();
    if (pid_ == 0) {
        become(arguments.data(), down[0], up[1], core);
    }
    ::close(down[0]);
    ::close(up[1]);
    to_ = down[1];
    from_ = up[0];

    std::istringstream greeting(read_line());
    std::string word;
    std::string title;
    if (!(greeting >> word >> title >> version_) || word != "peer") {
        throw std::runtime_error(name_ + ": not a peer");
    }
}

peer::~peer() {
    ::close(to_);
    ::close(from_);
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

std::string peer::how_it_ended() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    if (WIFSIGNALED(status)) {
        return name_ + ": ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
               ::strsignal(WTERMSIG(status)) + ")";
    }
    return name_ + ": ended with status " + std::to_string(WEXITSTATUS(status));
}

std::string peer::read_line() {
    for (;;) {
        std::size_t end = received_.find('\n');
        if (end != std::string::npos) {
            std::string line = received_.substr(0, end);
            received_.erase(0, end + 1);
            return line;
        }
        pollfd ready{.fd = from_, .events = POLLIN, .revents = 0};
        if (::poll(&ready, 1, patience_ms) == 0) {
            throw std::runtime_error(name_ + ": no answer for ten minutes");
        }
        char bytes[4096];
        ssize_t got = ::read(from_, bytes, sizeof(bytes));
        if (got == 0) {
            throw std::runtime_error(how_it_ended());
        }
        if (got > 0) {
            received_.append(bytes, static_cast<std::size_t>(got));
        }
    }
}

answer peer::ask(const std::string& command, std::int64_t operations) {
    if (pid_ < 0) {
        throw std::runtime_error(name_ + ": has ended");
    }
    std::string line = command + " " + std::to_string(operations) + "\n";
    auto cpu_before = cpu_time();
    if (::write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        throw std::runtime_error(how_it_ended());
    }
    std::string reply = read_line();
    std::istringstream words(reply);
    std::string word;
    answer result;
    if (!(words >> word >> result.nanoseconds >> result.check) || word != "ok") {
        throw std::runtime_error(name_ + ": " + reply);
    }
    result.cpu = cpu_time() - cpu_before;
    while (words >> word) {
        std::size_t equals = word.find('=');
        result.counters[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
    }
    return result;
}

std::chrono::nanoseconds peer::cpu_time() const {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
        throw std::runtime_error(name_ + ": its CPU clock cannot be read");
    }
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

} // namespace micro
