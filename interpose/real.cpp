// SPDX-License-Identifier: BSL-1.0
#include "interpose/real.hpp"

#include <dlfcn.h>

namespace weft::interpose {

namespace {

thread_local constinit bool looking_up = false;

} // namespace

void* find_original(const char* name, const char* version) noexcept {
    if (looking_up) {
        return nullptr;
    }
    looking_up = true;
    void* found = version != nullptr ? ::dlvsym(RTLD_NEXT, name, version) : nullptr;
    if (found == nullptr) {
        found = ::dlsym(RTLD_NEXT, name);
    }
    looking_up = false;
    return found;
}

} // namespace weft::interpose
