// SPDX-License-Identifier: BSL-1.0
// A child process: this program again, in one of its inner roles, spoken to in lines.
//
// Invariant: a child never outlives the object, nor the parent however that one ends. What a child
// writes to stderr is kept and becomes part of the error when it dies.
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace bench {

class child_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

class child {
  public:
    // The child runs with `args` on `cores`. `name` is what errors call it.
    child(std::string name, const std::vector<std::string>& args, const std::vector<int>& cores);
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    pid_t pid() const { return pid_; }

    // receive waits for the next line, and calls `while_waiting` ten times a second until then.
    // Throws child_error when the child dies or says nothing for `limit`, or when `event` is not
    // what it says; `interrupted` after a signal.
    nlohmann::json receive(std::string_view event, std::chrono::milliseconds limit,
                           const std::function<void()>& while_waiting);

    void send(std::string_view line);

    // ensure_alive throws child_error when the child has died.
    void ensure_alive();

    // last_words returns the last line that the child wrote to stderr.
    std::string last_words() const;

  private:
    [[noreturn]] void report_death(int status);

    std::string name_;
    pid_t pid_ = -1;
    int in_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::string unread_;
};

} // namespace bench
