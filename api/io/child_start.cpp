// SPDX-License-Identifier: BSL-1.0
#include "api/io/child_start.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" { // the header of glibc 2.36 does not say so itself
#include <sys/pidfd.h>
}

namespace weft::detail {

namespace {

// posix_spawn's two lists of what is to be done; every step may lack memory.
class spawn_steps {
  public:
    explicit spawn_steps(const child_plan& plan) : plan_(plan) {
        check(::posix_spawn_file_actions_init(&actions_));
        check(::posix_spawnattr_init(&attributes_));
        set_descriptors();
        set_signals();
    }
    ~spawn_steps() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    spawn_steps(const spawn_steps&) = delete;
    spawn_steps& operator=(const spawn_steps&) = delete;

    const posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }
    const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

  private:
    void check(int error_number) const {
        if (error_number != 0) {
            throw std::system_error(error_number, std::system_category(), plan_.call_and_program);
        }
    }

    void set_descriptors() {
        for (int i = 0; i < 3; ++i) {
            if (const auto& fd = plan_.stdio.at(static_cast<std::size_t>(i))) {
                check(::posix_spawn_file_actions_adddup2(&actions_, fd.get(), i));
            }
        }
        if (plan_.err_to_out) {
            check(::posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO));
        }
        check(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
        if (!plan_.cwd.empty()) {
            check(::posix_spawn_file_actions_addchdir_np(&actions_, plan_.cwd.c_str()));
        }
    }

    // This thread of a pool has all signals blocked, and the program may ignore some.
    void set_signals() {
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        check(::posix_spawnattr_setsigmask(&attributes_, &none));
        check(::posix_spawnattr_setsigdefault(&attributes_, &all));
        int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
        flags |= plan_.new_session ? POSIX_SPAWN_SETSID : 0;
        // To the group 0: its own. A session comes with one.
        flags |= plan_.new_group && !plan_.new_session ? POSIX_SPAWN_SETPGROUP : 0;
        check(::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags)));
    }

    const child_plan& plan_;
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (const std::string& s : strings) {
        pointers.push_back(const_cast<char*>(s.c_str()));
    }
    pointers.push_back(nullptr);
    return pointers;
}

[[noreturn]] void throw_start_error(int error_number, const child_plan& plan) {
    // posix_spawn does not tell which step failed.
    if (!plan.cwd.empty() && ::access(plan.cwd.c_str(), X_OK) != 0) {
        throw std::system_error(errno, std::system_category(),
                                fmt::format("{}: cwd {}", plan.call_and_program, plan.cwd));
    }
    throw std::system_error(error_number, std::system_category(), plan.call_and_program);
}

} // namespace

child_end reap(int pidfd, int& status, bool block) noexcept {
    siginfo_t about{};
    int result = 0;
    do {
        about.si_pid = 0;
        result =
            ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &about, WEXITED | (block ? 0 : WNOHANG));
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        return child_end::reaped_elsewhere;
    }
    if (about.si_pid == 0) {
        return child_end::running;
    }
    status = about.si_code == CLD_EXITED ? about.si_status : -about.si_status;
    return child_end::ended;
}

int send_signal(int pidfd, int signal_number) noexcept {
    return ::pidfd_send_signal(pidfd, signal_number, nullptr, 0);
}

new_child::~new_child() {
    if (pidfd_) {
        int status = 0;
        send_signal(pidfd_.get(), SIGKILL);
        reap(pidfd_.get(), status, true);
    }
}

new_child start_child(const child_plan& plan) {
    const spawn_steps steps(plan);
    const std::vector<char*> argv = pointers_to(plan.argv);
    const std::vector<char*> environment = pointers_to(plan.environment);
    pid_t pid = 0;
    const int failure = ::posix_spawnp(&pid, argv[0], steps.actions(), steps.attributes(),
                                       argv.data(), environment.data());
    if (failure != 0) {
        throw_start_error(failure, plan);
    }
    reactor::unique_fd pidfd(::pidfd_open(pid, 0));
    if (pidfd) {
        return {pid, std::move(pidfd)};
    }
    const int error_number = errno;
    if (error_number == ESRCH) {
        throw std::system_error(ECHILD, std::system_category(),
                                fmt::format("{}: somebody else has reaped it; do not ignore "
                                            "SIGCHLD, nor wait for any child",
                                            plan.call_and_program));
    }
    ::kill(pid, SIGKILL); // ours until it is reaped
    ::waitpid(pid, nullptr, 0);
    throw std::system_error(error_number, std::system_category(), plan.call_and_program);
}

} // namespace weft::detail
