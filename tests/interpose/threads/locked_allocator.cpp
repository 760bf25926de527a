// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/locked_allocator.hpp"

#include <cstddef>

#include <pthread.h>

#define WEFT_SHOWN extern "C" __attribute__((visibility("default")))

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);
}

namespace {

constinit pthread_mutex_t everything = PTHREAD_MUTEX_INITIALIZER;

struct guard {
    guard() { pthread_mutex_lock(&everything); }
    ~guard() { pthread_mutex_unlock(&everything); }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
};

} // namespace

WEFT_SHOWN void* malloc(std::size_t size) {
    const guard g;
    return __libc_malloc(size);
}
WEFT_SHOWN void* calloc(std::size_t count, std::size_t size) {
    const guard g;
    return __libc_calloc(count, size);
}
WEFT_SHOWN void* realloc(void* old, std::size_t size) {
    const guard g;
    return __libc_realloc(old, size);
}
WEFT_SHOWN void free(void* block) {
    const guard g;
    __libc_free(block);
}

WEFT_SHOWN void locked_allocator_hold() {
    pthread_mutex_lock(&everything);
}
WEFT_SHOWN void locked_allocator_release() {
    pthread_mutex_unlock(&everything);
}
