// SPDX-License-Identifier: BSL-1.0
//
// The system calls by which stacks get and lose their memory, as a table, so that a test can make
// each one of them fail. Everything else uses the default: libc's.
#pragma once

#include <cstddef>

#include <sys/mman.h>
#include <sys/types.h>

namespace weft::fibers {

struct memory_calls {
    void* (*mmap)(void*, std::size_t, int, int, int, off_t) = ::mmap;
    int (*munmap)(void*, std::size_t) = ::munmap;
    int (*mprotect)(void*, std::size_t, int) = ::mprotect;
    int (*madvise)(void*, std::size_t, int) = ::madvise;
};

} // namespace weft::fibers
