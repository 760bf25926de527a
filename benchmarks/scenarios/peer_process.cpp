// SPDX-License-Identifier: BSL-1.0
// How a peer is started on its core, asked, and ended.
#include "benchmarks/scenarios/peer_process.hpp"

#include "benchmarks/scenarios/cores.hpp"
#include "benchmarks/scenarios/interrupt.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr int patience_ms = 600'000;

// What sit_apart() leaves to this process, the peers do not get: asked once, before it.
const core_plan& cores() {
    static const core_plan plan = plan_cores();
    return plan;
}

struct channel {
    int read_end = -1;
    int write_end = -1;
};

channel make_channel() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::system_category(), "pipe2");
    return {ends[0], ends[1]};
}

// Runs in the child between fork and exec. Functions are bound before the start, so that no peer
// pays for it in its first operation, or on a small stack.
[[noreturn]] void become(char** arguments, pid_t parent, int in, int out, int core) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) // it ended before we could ask to be told
        ::_exit(1);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    pin_to({core});
    ::setenv("LD_BIND_NOW", "1", 1);
    ::setenv("GOMAXPROCS", "1", 1);
    ::execv(arguments[0], arguments);
    ::_exit(127);
}

} // namespace

void sit_apart() {
    pin_to({cores().generator});
}

peer_process::peer_process(const std::vector<std::string>& command_line)
    : name_(std::filesystem::path(command_line.front()).filename()) {
    std::vector<std::string> words = command_line;
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);

    const int core = cores().server;
    const pid_t parent = ::getpid();
    const channel down = make_channel();
    const channel up = make_channel();
    pid_ = ::fork();
    if (pid_ == 0)
        become(arguments.data(), parent, down.read_end, up.write_end, core);
    ::close(down.read_end);
    ::close(up.write_end);
    to_ = down.write_end;
    from_ = up.read_end;
    if (pid_ < 0)
        throw std::system_error(errno, std::system_category(), name_ + ": fork");

    std::istringstream greeting(read_line());
    std::string word;
    std::string title;
    if (!(greeting >> word >> title >> version_) || word != "peer")
        throw std::runtime_error(name_ + ": not a peer: " + greeting.str());
}

peer_process::~peer_process() {
    ::close(to_);
    ::close(from_);
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

void peer_process::report_end() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    if (interrupt_came()) // a terminal sends its signal to the peers as well
        throw interrupted{};
    if (WIFSIGNALED(status))
        throw std::runtime_error(name_ + ": ended by signal " + std::to_string(WTERMSIG(status)) +
                                 " (" + ::strsignal(WTERMSIG(status)) + ")");
    throw std::runtime_error(name_ + ": ended with status " + std::to_string(WEXITSTATUS(status)));
}

std::string peer_process::read_line() {
    for (;;) {
        const std::size_t end = received_.find('\n');
        if (end != std::string::npos) {
            std::string line = received_.substr(0, end);
            received_.erase(0, end + 1);
            return line;
        }
        if (interrupt_came())
            throw interrupted{};
        pollfd ready{.fd = from_, .events = POLLIN, .revents = 0};
        const int events = ::poll(&ready, 1, patience_ms);
        if (events == 0)
            throw std::runtime_error(name_ + ": no answer for ten minutes");
        if (events < 0)
            continue; // a signal: seen above
        char bytes[4096];
        const ssize_t got = ::read(from_, bytes, sizeof(bytes));
        if (got == 0)
            report_end();
        if (got > 0)
            received_.append(bytes, static_cast<std::size_t>(got));
    }
}

answer peer_process::ask(const std::string& command, std::int64_t operations) {
    const std::string line = command + " " + std::to_string(operations) + "\n";
    const auto cpu_before = cpu_time();
    if (::write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        report_end();
    const std::string reply = read_line();
    std::istringstream words(reply);
    std::string word;
    std::int64_t wall = 0;
    answer result;
    if (!(words >> word >> wall >> result.check) || word != "ok")
        throw std::runtime_error(name_ + ": " + reply);
    result.wall = std::chrono::nanoseconds(wall);
    result.cpu = cpu_time() - cpu_before;
    while (words >> word) {
        const std::size_t equals = word.find('=');
        result.counters[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
    }
    return result;
}

std::chrono::nanoseconds peer_process::cpu_time() const {
    clockid_t clock{};
    timespec used{};
    if (pid_ < 0 || ::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
        throw std::runtime_error(name_ + ": has ended");
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

} // namespace bench
