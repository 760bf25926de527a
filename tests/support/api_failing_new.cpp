// SPDX-License-Identifier: BSL-1.0
#include "tests/support/api_failing_new.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local int countdown = 0; // 0: not armed
thread_local bool has_struck = false;
thread_local long alive = 0;

void* allocate(std::size_t size) noexcept {
    if (countdown > 0 && --countdown == 0) {
        has_struck = true;
        return nullptr;
    }
    ++alive;
    return std::malloc(size > 0 ? size : 1);
}

void release(void* memory) noexcept {
    alive -= memory != nullptr ? 1 : 0;
    std::free(memory);
}

} // namespace

// The array forms end up in these; the aligned ones are left alone.
void* operator new(std::size_t size) {
    void* memory = allocate(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(size);
}
void operator delete(void* memory) noexcept {
    release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    release(memory);
}

namespace weft::test {

failing_new::failing_new(int nth) noexcept {
    has_struck = false;
    countdown = nth;
}

failing_new::~failing_new() {
    stop();
}

bool failing_new::struck() const noexcept {
    return has_struck;
}

void failing_new::stop() noexcept {
    countdown = 0;
}

long live_allocations() noexcept {
    return alive;
}

} // namespace weft::test
