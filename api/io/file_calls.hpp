// SPDX-License-Identifier: BSL-1.0
//
// What happens to files on the loop's threads for them: calls that own all they touch, since their
// task may have left when they end.
//
// Invariant: such a call is short, at most `most_at_once` bytes, so that what a cancelled task
// leaves behind ends soon.
#pragma once

#include "api/loop_core.hpp"
#include "api/thread_call.hpp"
#include "reactor/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <sys/types.h>

namespace weft::detail {

inline constexpr std::size_t most_at_once = std::size_t{16} * 1024 * 1024;

// Runs f() on a thread for files, blocks this task, returns what it returns.
template <class F>
auto in_file_thread(const char* call, F f) {
    return call_in_thread(thread_use::files, call, std::move(f));
}

// What a file is called in errors: the call and the path.
struct file_name {
    const char* call;
    std::string path;

    // Throws what errno says.
    [[noreturn]] void fail() const { fail(errno); }
    [[noreturn]] void fail(int error_number) const;
};

// The path as the system takes it. Throws std::invalid_argument when it would take another one.
file_name name_of_file(const char* call, const std::filesystem::path& path);

// Makes the system call again when a signal has interrupted it.
template <class F>
auto uninterrupted(F&& call) {
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR) {
            return result;
        }
    }
}

// ::open() without inheritance and without waiting for the other end of a FIFO.
reactor::unique_fd open_descriptor(const file_name& name, int flags, mode_t permissions);

// Bytes on their way from a file into a string that grows with them.
class gathered_bytes {
  public:
    std::size_t size() const noexcept { return filled_; }
    // How many there will be in all, as far as anybody knows: room for them is made at once, and
    // for one more, so that a read can meet the end.
    void expect(std::size_t size) noexcept { expected_ = size; }
    // Reads by read(char*, size) until that returns 0, or less, or `most` bytes have come; returns
    // what it returned last.
    template <class Read>
    ssize_t fill(std::size_t most, Read&& read) {
        ssize_t n = 1;
        for (std::size_t got = 0; n > 0 && got < most; got += static_cast<std::size_t>(n)) {
            make_room();
            const std::size_t room = std::min(text_.size() - filled_, most - got);
            n = uninterrupted([&] { return read(text_.data() + filled_, room); });
            if (n <= 0) {
                break;
            }
            filled_ += static_cast<std::size_t>(n);
        }
        return n;
    }
    std::string take() && {
        text_.resize(filled_);
        return std::move(text_);
    }

  private:
    void make_room();

    std::string text_; // longer than what has come
    std::size_t filled_ = 0;
    std::size_t expected_ = 0;
};

} // namespace weft::detail
