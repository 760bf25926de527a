// SPDX-License-Identifier: BSL-1.0
//
// Starting a child process, on any thread: everything that must be open, known or owned for it.
//
// Invariant: a child that was started belongs to somebody, who waits for its end or kills it.
#pragma once

#include "reactor/unique_fd.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace weft::detail {

// What waitid() has to say.
enum class child_end : unsigned char { running, ended, reaped_elsewhere };

// Reaps the child if it has ended, or, with `block`, when it does; `status` is its exit code or
// minus a signal then.
child_end reap(int pidfd, int& status, bool block = false) noexcept;

// To the child alone, never to a later process of the same number. 0, or -1 with errno.
int send_signal(int pidfd, int signal_number) noexcept;

// A child that nobody has taken over yet: killed and reaped by the destructor.
class new_child {
  public:
    new_child(pid_t pid, reactor::unique_fd pidfd) noexcept : pid_(pid), pidfd_(std::move(pidfd)) {}
    new_child(new_child&&) noexcept = default;
    new_child& operator=(new_child&&) = delete;
    ~new_child();

    pid_t pid() const noexcept { return pid_; }
    int pidfd() const noexcept { return pidfd_.get(); }
    // It has another owner now, of its descriptor too.
    void release() noexcept { pidfd_.release(); }

  private:
    pid_t pid_;
    reactor::unique_fd pidfd_;
};

struct child_plan {
    std::string call_and_program; // for errors
    std::vector<std::string> argv;
    std::vector<std::string> environment; // "name=value"
    std::string cwd;
    // What becomes 0, 1 and 2, all of them above; none: as in this process.
    std::array<reactor::unique_fd, 3> stdio;
    bool err_to_out = false;
    bool new_session = false;
    bool new_group = false;
};

// Throws std::system_error. Blocks until the program has been loaded.
new_child start_child(const child_plan& plan);

} // namespace weft::detail
