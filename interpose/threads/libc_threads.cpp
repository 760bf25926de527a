// SPDX-License-Identifier: BSL-1.0
#include "interpose/threads/libc_threads.hpp"

#include <unistd.h>

namespace weft::interpose::libc {

namespace {

thread_local constinit int number = 0;

// The thread that goes on in the child of a fork has another one.
const int registered = ::pthread_atfork(nullptr, nullptr, [] { number = 0; });

} // namespace

int as_thread() noexcept {
    if (number == 0) {
        number = ::gettid();
    }
    return number;
}

} // namespace weft::interpose::libc
