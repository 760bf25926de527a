// SPDX-License-Identifier: BSL-1.0
#include "interpose/run_environment.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace weft::interpose {

namespace {

// Where a variable's value is, and its place in the list; null when it is not set.
struct variable {
    char** place = nullptr;
    char* value = nullptr;
};

variable find(char** environment, const char* name) noexcept {
    const std::size_t length = std::strlen(name);
    for (char** e = environment; e != nullptr && *e != nullptr; ++e) {
        if (std::strncmp(*e, name, length) == 0 && (*e)[length] == '=') {
            return {e, *e + length + 1};
        }
    }
    return {};
}

void remove(char** place) noexcept {
    for (; *place != nullptr; ++place) {
        *place = place[1];
    }
}

} // namespace

bool take_out_of_environment(char** environment) noexcept {
    const variable ours = find(environment, run_variable);
    if (ours.place == nullptr) {
        return false;
    }
    char* end = nullptr;
    const long process = std::strtol(ours.value, &end, 10);
    const bool was_set = *end == '+';
    remove(ours.place);
    const variable preload = find(environment, "LD_PRELOAD");
    if (preload.place != nullptr) {
        if (was_set) { // "library:what was there"
            if (const char* rest = std::strchr(preload.value, ':')) {
                std::memmove(preload.value, rest + 1, std::strlen(rest));
            }
        } else {
            remove(preload.place);
        }
    }
    return process == ::getpid();
}

} // namespace weft::interpose
