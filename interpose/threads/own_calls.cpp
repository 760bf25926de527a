// SPDX-License-Identifier: BSL-1.0
#include "interpose/threads/own_calls.hpp"

#include <weft/detail/suspension.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>

#include <dlfcn.h>
#include <link.h>

namespace weft::interpose {

namespace {

struct module_range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;

    bool contains(const void* address) const noexcept {
        return reinterpret_cast<std::uintptr_t>(address) - begin < end - begin;
    }
};

struct search {
    const void* address;
    module_range found;
};

// Where the shared library is loaded that has this address. Nothing for the program itself: an
// allocator that is part of it cannot be told from the rest.
int look_at(dl_phdr_info* module, std::size_t, void* data) {
    auto& wanted = *static_cast<search*>(data);
    module_range all{UINTPTR_MAX, 0};
    for (int i = 0; i < module->dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = module->dlpi_phdr[i];
        if (part.p_type == PT_LOAD) {
            const std::uintptr_t begin = module->dlpi_addr + part.p_vaddr;
            all.begin = begin < all.begin ? begin : all.begin;
            all.end = begin + part.p_memsz > all.end ? begin + part.p_memsz : all.end;
        }
    }
    if (!all.contains(wanted.address)) {
        return 0;
    }
    if (module->dlpi_name != nullptr && module->dlpi_name[0] != '\0') {
        wanted.found = all;
    }
    return 1;
}

module_range library_of(const void* address) noexcept {
    search s{address, {}};
    ::dl_iterate_phdr(&look_at, &s);
    return s.found;
}

// Found out when this library's constructors run: no task runs before that. Later, the loader's
// lock may be held by somebody who waits for the task.
struct exempt_libraries {
    std::array<module_range, 3> ranges;

    exempt_libraries() noexcept
        : ranges{library_of(reinterpret_cast<const void*>(&detail::may_suspend)),
                 library_of(reinterpret_cast<const void*>(&never_waits_as_task)),
                 library_of(::dlsym(RTLD_DEFAULT, "malloc"))} {}
};

const exempt_libraries exempt;

} // namespace

bool never_waits_as_task(const void* caller) noexcept {
    for (const module_range& r : exempt.ranges) {
        if (r.contains(caller)) {
            return true;
        }
    }
    return false;
}

} // namespace weft::interpose
