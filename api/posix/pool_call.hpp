// SPDX-License-Identifier: BSL-1.0
//
// libc's calls that can only block a thread, in one of the loop's own. What such a call needs of
// its caller it owns, because a cancelled task leaves at once; errors and cancels come as errno.
#pragma once

#include "api/loop_core.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/thread_call.hpp"

#include <weft/cancel_blocker.hpp>
#include <weft/errors.hpp>

#include <array>
#include <cerrno>
#include <initializer_list>
#include <new>
#include <system_error>
#include <utility>

namespace weft::detail {

// What a call in a thread has returned, with the errno that it left there.
template <class R>
struct thread_answer {
    R value;
    int error_number;
};

// f() in a thread of that kind; `failure`, with errno, when there is no thread or memory for it
// or the task was cancelled, which stays pending.
template <class F, class R = std::invoke_result_t<F&>>
R call_in_pool(thread_use use, const char* name, F f, R failure) noexcept {
    int error_number = 0;
    try {
        auto answer = call_in_thread(use, name, [f = std::move(f)]() mutable {
            errno = 0;
            R value = f();
            return thread_answer<R>{std::move(value), errno};
        });
        if (answer.error_number != 0) {
            errno = answer.error_number;
        }
        return std::move(answer.value);
    } catch (const cancelled&) {
        fibers::scheduler& scheduler = loop_core::running()->scheduler();
        scheduler.cancel(*scheduler.current());
        error_number = ECANCELED;
    } catch (const std::bad_alloc&) {
        error_number = ENOMEM;
    } catch (const std::system_error& e) {
        error_number = e.code().value();
    }
    errno = error_number;
    return failure;
}

// The same for a call that uses memory of its caller: a cancel waits for its end.
template <class F, class R = std::invoke_result_t<F&>>
R call_in_pool_to_its_end(thread_use use, const char* name, F f, R failure) noexcept {
    const cancel_blocker kept;
    return call_in_pool(use, name, std::move(f), failure);
}

// Duplicates for a call that may still be running when its task has left and the numbers stand for
// something else.
class own_descriptors {
  public:
    static constexpr std::size_t most = 2;
    own_descriptors() noexcept = default;
    own_descriptors(own_descriptors&& other) noexcept : fds_(std::exchange(other.fds_, none)) {}
    own_descriptors& operator=(own_descriptors&&) = delete;
    ~own_descriptors() {
        for (const int fd : fds_) {
            if (fd >= 0) {
                raw::close(fd);
            }
        }
    }
    // False, with errno.
    bool take(std::initializer_list<int> fds) noexcept {
        std::size_t i = 0;
        for (const int fd : fds) {
            fds_.at(i) = raw::fcntl(fd, F_DUPFD_CLOEXEC, 3);
            if (fds_.at(i++) < 0) {
                return false;
            }
        }
        return true;
    }
    int operator[](std::size_t i) const noexcept { return fds_[i]; }

  private:
    static constexpr std::array<int, most> none{-1, -1};
    std::array<int, most> fds_ = none;
};

// f(duplicates) in a thread for files; -1 with errno as above.
template <class F>
auto call_with_own_descriptors(const char* name, std::initializer_list<int> fds, F f) noexcept {
    using R = std::invoke_result_t<F&, const own_descriptors&>;
    own_descriptors own;
    if (!own.take(fds)) {
        return R{-1};
    }
    return call_in_pool(
        thread_use::files, name,
        [own = std::move(own), f = std::move(f)]() mutable { return f(own); }, R{-1});
}

} // namespace weft::detail
