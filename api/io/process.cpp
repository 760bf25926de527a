// SPDX-License-Identifier: BSL-1.0
#include "api/io/child.hpp"
#include "api/loop_core.hpp"
#include "api/thread_call.hpp"

#include <weft/errors.hpp>
#include <weft/gather.hpp>
#include <weft/process.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft {

namespace {

using namespace detail;

// Of the three standard streams, by their numbers.
struct child_stdio {
    std::array<reactor::unique_fd, 3> theirs;
    std::array<stream, 3> ours;
    std::array<bool, 3> has_pipe{};
};

// Above 2, where the child's other standard streams do not overwrite it.
reactor::unique_fd above_standard(reactor::unique_fd fd, const std::string& failure) {
    if (fd.get() > STDERR_FILENO) {
        return fd;
    }
    return reactor::require_fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1),
                               failure.c_str());
}

reactor::unique_fd duplicate(int fd, const std::string& failure) {
    struct stat about {};
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0 && ::fstat(fd, &about) == 0 &&
        (S_ISFIFO(about.st_mode) || ::isatty(fd) == 1)) {
        // To be non-blocking belongs to what is open: the child gets an opening of its own.
        const std::string name = fmt::format("/proc/self/fd/{}", fd);
        const int kept = flags & (O_ACCMODE | O_APPEND);
        reactor::unique_fd anew(::open(name.c_str(), kept | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        if (anew && ::fcntl(anew.get(), F_SETFL, kept) == 0) {
            return above_standard(std::move(anew), failure);
        }
    }
    return reactor::require_fd(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), failure.c_str());
}

void add_pipe(child_stdio& s, std::size_t i, const std::string& failure) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::system_category(), failure);
    }
    const bool is_input = i == 0;
    reactor::unique_fd theirs(ends[is_input ? 0 : 1]);
    reactor::unique_fd ours(ends[is_input ? 1 : 0]);
    s.theirs.at(i) = above_standard(std::move(theirs), failure);
    s.has_pipe.at(i) = true;
    if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) { // an end is ours alone
        throw std::system_error(errno, std::system_category(), failure);
    }
    s.ours.at(i) = stream::from_pipe(ours.get());
    ours.release();
}

child_stdio open_stdio(const process_options& options, const std::string& failure) {
    child_stdio s;
    const stdio* const where[] = {&options.in, &options.out, &options.err};
    for (std::size_t i = 0; i < std::size(where); ++i) {
        if (where[i]->is_descriptor()) {
            s.theirs.at(i) = duplicate(where[i]->descriptor(), failure);
        } else if (where[i]->is(stdio::pipe)) {
            add_pipe(s, i, failure);
        } else if (where[i]->is(stdio::null)) {
            s.theirs.at(i) = above_standard(
                reactor::require_fd(::open("/dev/null", O_RDWR | O_CLOEXEC), failure.c_str()),
                failure);
        }
    }
    return s;
}

bool has_null(std::string_view text) noexcept {
    return text.find('\0') != std::string_view::npos;
}

// Throws std::invalid_argument for what a program cannot be started with.
void check(const std::vector<std::string>& argv, const process_options& options, const char* call) {
    const auto refuse = [call](const char* why) {
        throw std::invalid_argument(fmt::format("{}: {}", call, why));
    };
    if (argv.empty() || argv.front().empty()) {
        refuse("argv names no program");
    }
    if (std::any_of(argv.begin(), argv.end(), has_null) || has_null(options.cwd)) {
        refuse("a null character in argv or cwd, where the system would cut it off");
    }
    for (const auto& [name, value] : options.env) {
        if (name.empty() || name.find('=') != std::string::npos || has_null(name) ||
            has_null(value)) {
            refuse("env has an empty name, or one with \"=\", or a null character");
        }
    }
    if (options.in.is(stdio::to_stdout) || options.out.is(stdio::to_stdout)) {
        refuse("stdio::to_stdout is for err alone");
    }
}

std::vector<std::string> environment_of(const process_options& options) {
    std::vector<std::string> all;
    for (char** entry = options.inherit_env ? ::environ : nullptr;
         entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text = *entry;
        if (options.env.find(text.substr(0, text.find('='))) == options.env.end()) {
            all.push_back(text);
        }
    }
    for (const auto& [name, value] : options.env) {
        all.push_back(fmt::format("{}={}", name, value));
    }
    return all;
}

} // namespace

process start_process(std::vector<std::string> argv, const process_options& options) {
    constexpr auto call = "weft::start_process";
    task_core& self = require_running_task(call);
    check(argv, options, call);
    const std::string program = argv.front();
    const std::string call_and_program = fmt::format("{}: {}", call, program);
    child_stdio io = open_stdio(options, call_and_program);
    child_plan plan{.call_and_program = call_and_program,
                    .argv = std::move(argv),
                    .environment = environment_of(options),
                    .cwd = options.cwd,
                    .stdio = std::move(io.theirs),
                    .err_to_out = options.err.is(stdio::to_stdout),
                    .new_session = options.new_session,
                    .new_group = options.new_group};
    // Among the threads for files: the program must be read from one.
    new_child started = call_in_thread(thread_use::files, call,
                                       [plan = std::move(plan)] { return start_child(plan); });
    return child::take_over(*self.loop(), std::move(started), std::move(io.ours), io.has_pipe,
                            options, program);
}

// --- ownership ---

process::process() noexcept = default;

process::process(process&& other) noexcept : child_(std::exchange(other.child_, nullptr)) {}

process& process::operator=(process&& other) noexcept {
    const process old(std::exchange(child_, std::exchange(other.child_, nullptr)));
    return *this;
}

process::~process() {
    if (child_ != nullptr) {
        std::exchange(child_, nullptr)->abandon();
    }
}

child& process::opened(const char* call) const {
    if (child_ == nullptr) {
        throw invalid_state(fmt::format("{}: there is no process; start_process makes one", call));
    }
    child_->require_own_loop(call);
    return *child_;
}

// --- calls ---

stream& process::in() {
    constexpr auto call = "weft::process::in";
    return opened(call).pipe(0, call);
}

stream& process::out() {
    constexpr auto call = "weft::process::out";
    return opened(call).pipe(1, call);
}

stream& process::err() {
    constexpr auto call = "weft::process::err";
    return opened(call).pipe(2, call);
}

int process::wait() {
    constexpr auto call = "weft::process::wait";
    child& c = opened(call);
    c.require_usable(call);
    return c.wait_for_end(call);
}

std::optional<int> process::exit_status() const {
    return opened("weft::process::exit_status").look();
}

process_output process::communicate(std::string_view input) {
    constexpr auto call = "weft::process::communicate";
    child& c = opened(call);
    c.require_usable(call);
    if (!input.empty() && !c.has_pipe(0)) {
        throw std::invalid_argument(fmt::format("{}: input, but no pipe for it; start the process "
                                                "with .in = stdio::pipe",
                                                call));
    }
    const use_of_descriptor use(c);
    const auto drain = [&c](std::size_t i) {
        if (c.has_pipe(i)) {
            c.drain(i, call);
        }
    };
    const std::string all = std::exchange(c.unsent, {}).append(input);
    std::string_view rest = all;
    try {
        gather(
            [&] {
                if (c.has_pipe(0)) {
                    c.feed(rest, call);
                }
            },
            [&] { drain(1); }, [&] { drain(2); });
    } catch (...) {
        c.unsent = rest;
        throw;
    }
    c.wait_for_end(call);
    return {c.take(1, call), c.take(2, call)};
}

void process::send_signal(int signal_number) {
    constexpr auto call = "weft::process::send_signal";
    opened(call).send_signal(signal_number, call);
}

void process::terminate() {
    constexpr auto call = "weft::process::terminate";
    opened(call).send_signal(SIGTERM, call);
}

void process::kill() {
    constexpr auto call = "weft::process::kill";
    opened(call).send_signal(SIGKILL, call);
}

int process::pid() const noexcept {
    return child_ != nullptr ? child_->pid() : 0;
}

} // namespace weft
