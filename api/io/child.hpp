// SPDX-License-Identifier: BSL-1.0
//
// A process's inside: its pidfd, its pipes, and how it has ended.
#pragma once

#include "api/io/child_start.hpp"
#include "api/io/descriptor.hpp"

#include <weft/process.hpp>

#include <array>
#include <optional>
#include <string>

namespace weft::detail {

class child final : public descriptor {
  public:
    // Takes the child over.
    static process take_over(loop_core& loop, new_child started, std::array<stream, 3> pipes,
                             std::array<bool, 3> has_pipe, const process_options& options,
                             std::string program);

    // Blocks until it has ended.
    int wait_for_end(const char* call);
    // Reaps it if it has ended.
    std::optional<int> look() noexcept;
    void send_signal(int signal_number, const char* call);

    // The handle is being destroyed.
    void abandon() noexcept;

    pid_t pid() const noexcept { return pid_; }
    stream& pipe(std::size_t i, const char* call);
    bool has_pipe(std::size_t i) const noexcept { return has_pipe_.at(i); }

    // Feeds the child and closes its input; cuts off from `input` what it has sent.
    void feed(std::string_view& input, const char* call);
    // Reads to the end of a pipe into its own buffer.
    void drain(std::size_t i, const char* call);
    std::string take(std::size_t i, const char* call);

    std::string unsent; // of the input of a communicate() that was cancelled

  private:
    child(loop_core& loop, const new_child& started) noexcept
        : descriptor(loop, started.pidfd()), pid_(started.pid()) {}
    void kill_and_join() noexcept;
    // So that it is a zombie no longer than the loop lives.
    bool leave_to_a_task() noexcept;

    pid_t pid_;
    bool kill_on_destroy_ = true;
    std::optional<int> status_;
    std::string program_;
    std::array<stream, 3> pipes_;
    std::array<bool, 3> has_pipe_{};
};

} // namespace weft::detail
