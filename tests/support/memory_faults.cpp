// SPDX-License-Identifier: BSL-1.0
#include "tests/support/memory_faults.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>

#include <sys/mman.h>

namespace weft::test {

namespace {

thread_local memory_faults* current = nullptr;

} // namespace

struct memory_fault_calls {
    static void* mmap(void* at, std::size_t size, int protection, int flags, int fd, off_t offset) {
        if (current->strike(memory_faults::call::mmap)) {
            return MAP_FAILED;
        }
        void* memory = ::mmap(at, size, protection, flags, fd, offset);
        if (memory != MAP_FAILED) {
            current->mapped_[memory] = size;
        }
        return memory;
    }

    static int munmap(void* memory, std::size_t size) {
        if (current->strike(memory_faults::call::munmap)) {
            return -1;
        }
        const auto found = current->mapped_.find(memory);
        if (found == current->mapped_.end() || found->second != size) {
            ADD_FAILURE() << "munmap of what was not mapped like that";
            return -1;
        }
        current->mapped_.erase(found);
        return ::munmap(memory, size);
    }

    static int mprotect(void* memory, std::size_t size, int protection) {
        return current->strike(memory_faults::call::mprotect)
                   ? -1
                   : ::mprotect(memory, size, protection);
    }

    static int madvise(void* memory, std::size_t size, int advice) {
        if (current->strike(memory_faults::call::madvise)) {
            return -1;
        }
        if (advice == MADV_DONTNEED) {
            current->trimmed_ += size;
        }
        return ::madvise(memory, size, advice);
    }
};

memory_faults::memory_faults() {
    if (current != nullptr) {
        std::abort();
    }
    current = this;
}

memory_faults::~memory_faults() {
    current = nullptr;
}

fibers::memory_calls memory_faults::table() noexcept {
    return {memory_fault_calls::mmap, memory_fault_calls::munmap, memory_fault_calls::mprotect,
            memory_fault_calls::madvise};
}

void memory_faults::fail(call which, std::size_t nth, int error_number) noexcept {
    heal();
    countdown_[static_cast<std::size_t>(which)] = nth;
    error_number_ = error_number;
}

void memory_faults::fail_any(std::size_t nth, int error_number) noexcept {
    heal();
    any_countdown_ = nth;
    error_number_ = error_number;
}

void memory_faults::refuse(call which, int error_number) noexcept {
    heal();
    refused_[static_cast<std::size_t>(which)] = true;
    error_number_ = error_number;
}

void memory_faults::heal() noexcept {
    countdown_ = {};
    refused_ = {};
    any_countdown_ = 0;
    struck_ = false;
}

std::size_t memory_faults::mapped_bytes() const noexcept {
    std::size_t sum = 0;
    for (const auto& [memory, size] : mapped_) {
        sum += size;
    }
    return sum;
}

bool memory_faults::strike(call which) noexcept {
    const auto at = static_cast<std::size_t>(which);
    ++made_[at];
    bool strikes = refused_[at];
    if (countdown_[at] > 0 && --countdown_[at] == 0) {
        strikes = true;
    }
    if (which != call::munmap && any_countdown_ > 0 && --any_countdown_ == 0) {
        strikes = true;
    }
    if (strikes) {
        struck_ = true;
        errno = error_number_;
    }
    return strikes;
}

} // namespace weft::test
