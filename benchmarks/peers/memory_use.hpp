// SPDX-License-Identifier: BSL-1.0
// What this process holds of memory now: resident pages, malloc's own count, and what the kernel
// holds for it.
//
// Page tables are the process's own figure. Kernel stacks and the slab (threads, mappings) are told
// for the machine only, so they mean something as a difference while nothing else goes on; where no
// thread came, no stack did either, whatever the machine's count says.
#pragma once

#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>

#include <malloc.h>

namespace peers {

struct memory_use {
    double resident = 0;      // bytes: VmRSS
    double allocated = 0;     // bytes handed out by malloc and not freed
    double page_tables = 0;   // bytes: VmPTE
    double kernel_stacks = 0; // bytes: KernelStack
    double slab = 0;          // bytes: Slab
    double threads = 0;

    double kernel() const { return page_tables + kernel_stacks + slab; }

    friend memory_use operator-(const memory_use& after, const memory_use& before) {
        double threads = after.threads - before.threads;
        double stacks = after.kernel_stacks - before.kernel_stacks;
        return {.resident = after.resident - before.resident,
                .allocated = after.allocated - before.allocated,
                .page_tables = after.page_tables - before.page_tables,
                .kernel_stacks = threads == 0 ? 0 : stacks,
                .slab = after.slab - before.slab,
                .threads = threads};
    }

    static memory_use now() {
        memory_use use;
        read("/proc/self/status", {{"VmRSS:", &use.resident, 1024},
                                   {"VmPTE:", &use.page_tables, 1024},
                                   {"Threads:", &use.threads, 1}});
        read("/proc/meminfo",
             {{"KernelStack:", &use.kernel_stacks, 1024}, {"Slab:", &use.slab, 1024}});
        struct mallinfo2 heap = mallinfo2();
        use.allocated = static_cast<double>(heap.uordblks) + static_cast<double>(heap.hblkhd);
        return use;
    }

  private:
    struct field {
        const char* key;
        double* into;
        double unit;
    };

    static void read(const char* file, std::initializer_list<field> wanted) {
        std::ifstream lines(file);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string key;
            double value = 0;
            words >> key >> value;
            for (const field& each : wanted) {
                if (key == each.key) {
                    *each.into = value * each.unit;
                }
            }
        }
    }
};

} // namespace peers
