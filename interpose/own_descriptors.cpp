// SPDX-License-Identifier: BSL-1.0
#include "interpose/own_descriptors.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weft::interpose {

namespace {

thread_local constinit bool collecting = false;

// A loop has four. They are noted before the program begins, and only looked at afterwards.
constinit std::array<std::atomic<int>, 8> own{-1, -1, -1, -1, -1, -1, -1, -1};
constinit std::atomic<std::size_t> own_count = 0;

// A table that reaches far up costs memory, and time in every fork().
constexpr rlim_t highest_number = 4096;

// Where to put the next one: first beyond what the program may open, for which the limit is raised
// for a moment; where that is not allowed or too far up, as high as the limit lets it.
int duplicate_high_up(int fd) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return -1;
    }
    const rlim_t beyond = limit.rlim_cur + own.size();
    if (limit.rlim_cur <= highest_number && beyond <= limit.rlim_max) {
        const rlimit raised{beyond, limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            const long moved = ::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, limit.rlim_cur);
            ::setrlimit(RLIMIT_NOFILE, &limit);
            if (moved >= 0) {
                return static_cast<int>(moved);
            }
        }
    }
    const rlim_t from = std::min(limit.rlim_cur, highest_number);
    return static_cast<int>(
        ::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, from > own.size() ? from - own.size() : 0));
}

void close_in_child() noexcept {
    for (std::size_t i = 0; i < own_count; ++i) {
        ::syscall(SYS_close, own[i].load());
    }
    own_count = 0;
}

} // namespace

own_descriptors_begin::own_descriptors_begin() noexcept {
    collecting = true;
    ::pthread_atfork(nullptr, nullptr, &close_in_child);
}

own_descriptors_begin::~own_descriptors_begin() {
    collecting = false;
}

int moved_away_if_own(int fd) noexcept {
    if (!collecting || fd < 0 || own_count == own.size()) [[likely]] {
        return fd;
    }
    const int moved = duplicate_high_up(fd);
    if (moved < 0) {
        return fd;
    }
    ::syscall(SYS_close, fd);
    own[own_count] = moved;
    ++own_count;
    return moved;
}

bool is_own_descriptor(int fd) noexcept {
    const std::size_t count = own_count.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < count; ++i) {
        if (own[i].load(std::memory_order_relaxed) == fd) {
            return true;
        }
    }
    return false;
}

int own_descriptor_within(unsigned first, unsigned last) noexcept {
    int lowest = -1;
    for (std::size_t i = 0; i < own_count; ++i) {
        const int fd = own[i];
        if (static_cast<unsigned>(fd) >= first && static_cast<unsigned>(fd) <= last &&
            (lowest < 0 || fd < lowest)) {
            lowest = fd;
        }
    }
    return lowest;
}

void give_up_own_descriptors() noexcept {
    own_count = 0;
}

} // namespace weft::interpose
