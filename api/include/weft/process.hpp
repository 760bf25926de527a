// SPDX-License-Identifier: BSL-1.0
//
// Child processes: their standard streams are streams, their end is something to wait for.
// asyncio's subprocesses.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/stream.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

namespace detail {
class child;
}

// Where one of a child's standard streams leads.
class stdio {
  public:
    enum named {
        pipe,      // to process::in(), out() or err()
        inherit,   // where this process's own leads
        null,      // /dev/null
        to_stdout, // for err: where out leads
    };
    constexpr stdio(named where) noexcept : where_(where) {} // NOLINT: stdio::null stands for it
    // To an open descriptor of this process, of which the child gets a duplicate; it may be closed
    // as soon as start_process has returned. A pipe's end that is non-blocking here, such as
    // another process's out().native_handle(), is blocking there. One that is not open: EBADF.
    constexpr explicit stdio(int fd) noexcept : is_descriptor_(true), fd_(fd) {}

    constexpr bool is(named where) const noexcept { return !is_descriptor_ && where_ == where; }
    constexpr bool is_descriptor() const noexcept { return is_descriptor_; }
    constexpr int descriptor() const noexcept { return fd_; }

  private:
    named where_ = pipe;
    bool is_descriptor_ = false;
    int fd_ = -1;
};

struct process_options {
    // A child that writes into a pipe that nobody reads waits when that is full (64 KiB).
    stdio in = stdio::pipe;
    stdio out = stdio::pipe;
    stdio err = stdio::pipe;
    std::string cwd = {};                        // empty: this process's
    std::map<std::string, std::string> env = {}; // added to this process's environment
    bool inherit_env = true;                     // false: `env` alone
    bool new_session = false;                    // setsid(): away from the terminal's signals
    bool new_group = false;                      // setpgid(): kill(-pid, ...) reaches its children
    bool kill_on_destroy = true;                 // false: ~process lets it run on
};

// What a process has written.
struct process_output {
    std::string out;
    std::string err;
};

// A child process. Move-only; belongs to the loop it was started on (wrong_loop). Calls on one that
// was default-constructed or moved from throw invalid_state.
//
// Its end is told by a pidfd: SIGCHLD stays the program's, and a signal never reaches a later
// process of the same number. Nobody else should reap it: waitpid(-1), or ignoring SIGCHLD. If
// somebody has, its exit status is lost; it counts as 255, and a line on stderr says so.
class WEFT_API process {
  public:
    process() noexcept; // none
    process(process&&) noexcept;
    process& operator=(process&&) noexcept;
    // Closes the pipes. A child that still runs is killed and waited for; a cancel of this task is
    // kept meanwhile. With kill_on_destroy = false it runs on, and a task of the loop's reaps it.
    ~process();

    // This process's ends of the pipes; invalid_state where the child has none. in() for writing,
    // and in().close() to say that there is no more.
    stream& in();
    stream& out();
    stream& err();

    // wait blocks until the process has ended and returns its exit code, or minus the number of the
    // signal that killed it. Any number of tasks may wait, and again. It does not wait for the
    // pipes, which the process's own children may hold open. Cancellable: the process goes on.
    int wait();
    // The same without waiting; empty while it runs.
    std::optional<int> exit_status() const;

    // communicate writes `input` to in() and closes it, reads out() and err() to their end, all at
    // once, waits for the process, and returns what it has written. A process that does not read
    // all its input is no error. Input without a pipe for it: std::invalid_argument. Cancelled: the
    // process goes on, and nothing is lost: what was read is there for out() and err() or for the
    // next communicate(), which first sends what is left of the input.
    process_output communicate(std::string_view input = {});

    // Throw std::system_error: ESRCH when the process has ended, EPERM. terminate: SIGTERM.
    void send_signal(int signal_number);
    void terminate();
    void kill();

    // Its number; somebody else may have it after wait(). 0: none.
    int pid() const noexcept;

  private:
    friend class detail::child;
    explicit process(detail::child* c) noexcept : child_(c) {}
    detail::child& opened(const char* call) const;

    detail::child* child_ = nullptr;
};

// start_process starts a program: argv[0], found in PATH unless it has a slash (then seen from
// `cwd`), with these arguments. It inherits no descriptor but the three standard streams, no
// blocked and no ignored signal. Blocks this task until the program runs (exec has succeeded), on a
// thread of the loop's.
//
// Throws std::system_error with the system's reason, naming the program (ENOENT, EACCES, EAGAIN) or
// the cwd; std::invalid_argument for an empty argv, null characters, an impossible name in env;
// not_in_task, no_running_loop. Cancelled: a child that has been started is killed and reaped.
// Nothing is left open then. Needs Linux 5.4. asyncio.create_subprocess_exec.
WEFT_API process start_process(std::vector<std::string> argv, const process_options& options = {});

} // namespace weft
