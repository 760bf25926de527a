// SPDX-License-Identifier: BSL-1.0
// child: see the header.
#include "benchmarks/tool/child.hpp"

#include "benchmarks/scenarios/cores.hpp"
#include "benchmarks/scenarios/interrupt.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

int checked(int result, const char* call) {
    if (result < 0)
        throw std::system_error(errno, std::system_category(), call);
    return result;
}

// become turns the forked process into the child. Its own process group keeps Ctrl-C for the
// parent, who ends it; PDEATHSIG ends it when the parent could not.
[[noreturn]] void become(const std::vector<char*>& argv, const std::vector<int>& cores, int in,
                         int out, int err, pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        ::signal(signal, SIG_DFL);
    try {
        pin_to(cores);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        ::_exit(1);
    }
    ::execv("/proc/self/exe", argv.data());
    ::perror("execv");
    ::_exit(1);
}

} // namespace

child::child(std::string name, const std::vector<std::string>& args, const std::vector<int>& cores)
    : name_(std::move(name)) {
    std::vector<std::string> words{"weft-bench"};
    words.insert(words.end(), args.begin(), args.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    int to_child[2];
    int from_child[2];
    checked(::pipe2(to_child, O_CLOEXEC), "pipe2");
    checked(::pipe2(from_child, O_CLOEXEC), "pipe2");
    err_ = checked(::memfd_create("stderr", MFD_CLOEXEC), "memfd_create");
    in_ = to_child[1];
    out_ = from_child[0];
    const pid_t parent = ::getpid();
    pid_ = checked(::fork(), "fork");
    if (pid_ == 0)
        become(argv, cores, to_child[0], from_child[1], err_, parent);
    ::close(to_child[0]);
    ::close(from_child[1]);
}

child::~child() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    for (const int fd : {in_, out_, err_})
        ::close(fd);
}

nlohmann::json child::receive(std::string_view event, std::chrono::milliseconds limit,
                              const std::function<void()>& while_waiting) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::size_t end = 0;
    while ((end = unread_.find('\n')) == std::string::npos) {
        if (interrupt_came())
            throw interrupted();
        if (std::chrono::steady_clock::now() > deadline)
            throw child_error(fmt::format("{}: no '{}' within {} s", name_, event,
                                          std::chrono::ceil<std::chrono::seconds>(limit).count()));
        pollfd readable{out_, POLLIN, 0};
        const int ready = ::poll(&readable, 1, 100);
        if (while_waiting)
            while_waiting();
        if (ready <= 0)
            continue;
        char buffer[4096];
        const ssize_t got = ::read(out_, buffer, sizeof buffer);
        if (got == 0) {
            int status = 0;
            while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
            }
            report_death(status);
        }
        if (got > 0)
            unread_.append(buffer, static_cast<std::size_t>(got));
    }
    const std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    nlohmann::json message = nlohmann::json::parse(line, nullptr, false);
    if (message.is_discarded() || message.value("event", "") != event)
        throw child_error(fmt::format("{}: said '{}' instead of '{}'", name_, line, event));
    return message;
}

void child::send(std::string_view line) {
    const std::string text = std::string(line) + "\n";
    if (::write(in_, text.data(), text.size()) < 0 && errno != EPIPE)
        throw std::system_error(errno, std::system_category(), "write");
}

std::string child::last_words() const {
    char buffer[1024];
    const off_t size = ::lseek(err_, 0, SEEK_END);
    const off_t start = size > static_cast<off_t>(sizeof buffer) ? size - sizeof buffer : 0;
    const ssize_t got = ::pread(err_, buffer, sizeof buffer, start);
    std::string text(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    const std::size_t line = text.rfind('\n');
    return line == std::string::npos ? text : text.substr(line + 1);
}

void child::ensure_alive() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_)
        report_death(status);
}

void child::report_death(int status) {
    pid_ = -1;
    const std::string how = WIFSIGNALED(status)
                                ? fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                                              ::strsignal(WTERMSIG(status)))
                                : fmt::format("ended with status {}", WEXITSTATUS(status));
    const std::string words = last_words();
    throw child_error(fmt::format("{} {}{}{}", name_, how, words.empty() ? "" : ": ", words));
}

} // namespace bench
