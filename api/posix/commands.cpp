// SPDX-License-Identifier: BSL-1.0
//
// system() and popen(): shells that the program waits for.
#include "api/posix/pool_call.hpp"
#include "api/posix/raw_calls.hpp"

#include <weft/posix.hpp>
#include <weft/task.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stdexcept>

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::posix {

using detail::may_suspend;

namespace {

// While any command runs, the terminal's signals are for the commands: the first one ignores them,
// the last one puts back what was there. All of the process, as libc has it.
class terminal_signals_ignored {
  public:
    terminal_signals_ignored() noexcept {
        const no_suspend here;
        const std::lock_guard lock(mutex);
        if (commands++ == 0) {
            struct sigaction ignore {};
            ignore.sa_handler = SIG_IGN;
            ::sigaction(SIGINT, &ignore, &interrupt_before);
            ::sigaction(SIGQUIT, &ignore, &quit_before);
        }
        ::sigemptyset(&defaults_);
        if (interrupt_before.sa_handler != SIG_IGN) {
            ::sigaddset(&defaults_, SIGINT);
        }
        if (quit_before.sa_handler != SIG_IGN) {
            ::sigaddset(&defaults_, SIGQUIT);
        }
    }
    ~terminal_signals_ignored() {
        const no_suspend here;
        const std::lock_guard lock(mutex);
        if (--commands == 0) {
            ::sigaction(SIGINT, &interrupt_before, nullptr);
            ::sigaction(SIGQUIT, &quit_before, nullptr);
        }
    }
    terminal_signals_ignored(const terminal_signals_ignored&) = delete;
    terminal_signals_ignored& operator=(const terminal_signals_ignored&) = delete;

    // What the command takes as if nobody ignored anything.
    const sigset_t& defaults() const noexcept { return defaults_; }

  private:
    static inline constinit std::mutex mutex;
    static inline constinit int commands = 0;
    static inline struct sigaction interrupt_before {};
    static inline struct sigaction quit_before {};
    sigset_t defaults_;
};

// Returns errno, or zero.
int start_shell(const char* command, const sigset_t& defaults, pid_t& pid) noexcept {
    const no_suspend here;
    posix_spawnattr_t attributes;
    int error_number = ::posix_spawnattr_init(&attributes);
    if (error_number != 0) {
        return error_number;
    }
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const char* const arguments[] = {"sh", "-c", command, nullptr};
    error_number = ::posix_spawn(&pid, "/bin/sh", nullptr, &attributes,
                                 const_cast<char* const*>(arguments), ::environ);
    ::posix_spawnattr_destroy(&attributes);
    return error_number;
}

// So that it does not stay a zombie when nobody waits for it any more.
void leave_to_a_task(pid_t pid) noexcept {
    try {
        spawn({.name = "reaper of a command"}, [pid] { posix::waitpid(pid, nullptr, 0); }).detach();
    } catch (...) { // then it stays one
    }
}

} // namespace

int system(const char* command) {
    if (!may_suspend()) {
        return ::system(command);
    }
    const terminal_signals_ignored quiet;
    pid_t pid = -1;
    const int error_number =
        start_shell(command != nullptr ? command : "exit 0", quiet.defaults(), pid);
    constexpr int no_shell = 127 << 8; // as if it had ended with 127
    int status = no_shell;
    if (error_number == 0 && posix::waitpid(pid, &status, 0) != pid) {
        if (errno == ECANCELED) {
            leave_to_a_task(pid);
            errno = ECANCELED;
        }
        status = -1;
    } else if (error_number != 0) {
        errno = error_number;
    }
    return command != nullptr ? status : static_cast<int>(status == 0);
}

std::FILE* popen(const char* command, const char* mode) {
    const no_suspend here; // starting a child waits for nobody
    return ::popen(command, mode);
}

int pclose(std::FILE* file) {
    return may_suspend()
               ? detail::call_in_pool_to_its_end(
                     detail::thread_use::calls, "pclose", [file] { return ::pclose(file); }, -1)
               : ::pclose(file);
}

} // namespace weft::posix
