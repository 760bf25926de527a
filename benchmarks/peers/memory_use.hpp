// SPDX-License-Identifier: BSL-1.0
// What this process holds of memory now: resident pages, page tables, and malloc's own count.
//
// Resident pages are what a task costs the machine; the page tables that map them are the kernel's
// and are counted apart, because no resident figure shows them and sparse stacks need many.
#pragma once

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include <malloc.h>

namespace peers {

struct memory_use {
    double resident = 0;    // bytes: VmRSS
    double page_tables = 0; // bytes: VmPTE
    double allocated = 0;   // bytes handed out by malloc and not freed

    static memory_use now() {
        memory_use use;
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);) {
            std::istringstream words(line);
            std::string key;
            double kib = 0;
            words >> key >> kib;
            if (key == "VmRSS:") {
                use.resident = kib * 1024;
            } else if (key == "VmPTE:") {
                use.page_tables = kib * 1024;
            }
        }
        struct mallinfo2 heap = mallinfo2();
        use.allocated = static_cast<double>(heap.uordblks) + static_cast<double>(heap.hblkhd);
        return use;
    }
};

} // namespace peers
