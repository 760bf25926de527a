// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"
#include "api/posix/let_through.hpp"
#include "api/posix/moments.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/several_descriptors.hpp"

#include <weft/posix.hpp>

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <optional>
#include <vector>

namespace weft::posix {

using detail::may_suspend;
using detail::several_descriptors;
using detail::suspended_call;

namespace {

constexpr int bits_in_word = static_cast<int>(sizeof(unsigned long)) * CHAR_BIT;

// The three sets of a select(): what is wanted, and what the kernel has made of it. As long as the
// program says, which may be longer than an fd_set.
class three_sets {
  public:
    // Throws std::bad_alloc.
    three_sets(int count, ::fd_set* to_read, ::fd_set* to_write, ::fd_set* to_except)
        : count_(std::max(count, 0)),
          words_(static_cast<std::size_t>((count_ + bits_in_word - 1) / bits_in_word)),
          theirs_{to_read, to_write, to_except} {
        if (words_ > few_words) {
            many_.resize(2 * sets * words_);
        }
        for (std::size_t i = 0; i < sets; ++i) {
            if (theirs_[i] != nullptr) {
                std::memcpy(wanted(i), theirs_[i], words_ * sizeof(unsigned long));
            }
        }
    }
    three_sets(const three_sets&) = delete;
    three_sets& operator=(const three_sets&) = delete;

    // Asks the kernel without waiting; what it answers is the program's if that is no error.
    int select_now(int count, const sigset_t* mask) noexcept {
        for (std::size_t i = 0; i < sets; ++i) {
            std::memcpy(found(i), wanted(i), words_ * sizeof(unsigned long));
        }
        const auto set = [this](std::size_t i) {
            return theirs_[i] != nullptr ? found(i) : nullptr;
        };
        timespec at_once{};
        struct {
            const sigset_t* mask;
            std::size_t size;
        } const signals{mask, detail::raw::sigset_size};
        const int n = static_cast<int>(
            ::syscall(SYS_pselect6, count, set(0), set(1), set(2), &at_once, &signals));
        return n;
    }

    void hand_over() noexcept {
        for (std::size_t i = 0; i < sets; ++i) {
            if (theirs_[i] != nullptr) {
                std::memcpy(theirs_[i], found(i), words_ * sizeof(unsigned long));
            }
        }
    }

    std::vector<pollfd> as_list() const {
        std::vector<pollfd> list;
        for (int fd = 0; fd < count_; ++fd) {
            const int events =
                (has(0, fd) ? POLLIN : 0) | (has(1, fd) ? POLLOUT : 0) | (has(2, fd) ? POLLPRI : 0);
            if (events != 0) {
                list.push_back({fd, static_cast<short>(events), 0});
            }
        }
        return list;
    }

  private:
    static constexpr std::size_t sets = 3;
    static constexpr std::size_t few_words = FD_SETSIZE / bits_in_word;

    unsigned long* wanted(std::size_t i) noexcept {
        return (many_.empty() ? few_.data() : many_.data()) + i * words_;
    }
    unsigned long* found(std::size_t i) noexcept { return wanted(sets + i); }
    bool has(std::size_t i, int fd) const noexcept {
        const unsigned long* const set = const_cast<three_sets*>(this)->wanted(i);
        return (set[fd / bits_in_word] >> (fd % bits_in_word) & 1UL) != 0;
    }

    const int count_;
    const std::size_t words_;
    const std::array<::fd_set*, sets> theirs_;
    std::array<unsigned long, 2 * sets * few_words> few_{};
    std::vector<unsigned long> many_;
};

// Sets `left` to what is left of the limit.
int select_within(const char* name, int count, ::fd_set* to_read, ::fd_set* to_write,
                  ::fd_set* to_except, std::optional<fibers::clock::duration> limit,
                  const sigset_t* mask, fibers::clock::duration& left) noexcept {
    try {
        three_sets all(count, to_read, to_write, to_except);
        int found = all.select_now(count, mask);
        if (found < 0) {
            return -1;
        }
        suspended_call call(name, suspended_call::restart::no);
        if (found > 0 || (limit && *limit <= fibers::clock::duration::zero())) {
            all.hand_over();
            if (found == 0) {
                call.give_up_turn();
            }
            return found;
        }
        const fibers::time_point deadline = limit ? call.deadline_after(*limit) : fibers::never;
        const detail::let_through signals(call.loop().interruption(), mask);
        const std::vector<pollfd> list = all.as_list();
        several_descriptors each(call, list);
        for (;;) {
            const auto result = each.wait(deadline);
            left =
                std::max(deadline - call.loop().scheduler().now(), fibers::clock::duration::zero());
            if (result == suspended_call::result::failed) {
                return -1;
            }
            found = all.select_now(count, nullptr);
            if (found != 0 || result == suspended_call::result::timed_out) {
                if (found >= 0) {
                    all.hand_over();
                }
                return found;
            }
        }
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return -1;
    }
}

} // namespace

int select(int count, ::fd_set* to_read, ::fd_set* to_write, ::fd_set* to_except,
           ::timeval* timeout) {
    if (!may_suspend()) {
        return ::select(count, to_read, to_write, to_except, timeout);
    }
    if (timeout == nullptr) {
        fibers::clock::duration left{};
        return select_within("select", count, to_read, to_write, to_except, std::nullopt, nullptr,
                             left);
    }
    constexpr long microseconds_in_second = 1'000'000;
    if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
        errno = EINVAL;
        return -1;
    }
    const timespec whole{timeout->tv_sec + timeout->tv_usec / microseconds_in_second,
                         timeout->tv_usec % microseconds_in_second * 1'000};
    const fibers::clock::duration limit = detail::to_duration(whole);
    fibers::clock::duration left = limit;
    const int found =
        select_within("select", count, to_read, to_write, to_except, limit, nullptr, left);
    const timespec rest = detail::to_timespec(left);
    timeout->tv_sec = rest.tv_sec;
    timeout->tv_usec = rest.tv_nsec / 1'000;
    return found;
}

int pselect(int count, ::fd_set* to_read, ::fd_set* to_write, ::fd_set* to_except,
            const ::timespec* timeout, const ::sigset_t* mask) {
    if (!may_suspend()) {
        return ::pselect(count, to_read, to_write, to_except, timeout, mask);
    }
    std::optional<fibers::clock::duration> limit;
    if (!detail::read_limit(timeout, limit)) {
        return -1;
    }
    fibers::clock::duration left{};
    return select_within("pselect", count, to_read, to_write, to_except, limit, mask, left);
}

} // namespace weft::posix
