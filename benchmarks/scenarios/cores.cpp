// SPDX-License-Identifier: BSL-1.0
// cores: see the header.
#include "benchmarks/scenarios/cores.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include <sched.h>

namespace bench {

namespace {

constexpr int most_cores = 8192; // what the kernel can be built for

class core_mask {
  public:
    core_mask() : bits_(CPU_ALLOC_SIZE(most_cores) / sizeof(unsigned long)) {}
    cpu_set_t* get() { return reinterpret_cast<cpu_set_t*>(bits_.data()); }
    std::size_t size() const { return bits_.size() * sizeof(unsigned long); }
    bool has(int core) { return CPU_ISSET_S(static_cast<std::size_t>(core), size(), get()); }
    void add(int core) { CPU_SET_S(static_cast<std::size_t>(core), size(), get()); }

  private:
    std::vector<unsigned long> bits_;
};

// siblings_of names the hardware threads of a core, "0-1" or "0,64": equal for those that share it.
std::string siblings_of(int core) {
    std::ifstream file(
        fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", core));
    std::string text;
    std::getline(file, text);
    return text.empty() ? std::to_string(core) : text;
}

} // namespace

core_plan plan_cores() {
    core_mask mask;
    if (::sched_getaffinity(0, mask.size(), mask.get()) != 0)
        throw std::system_error(errno, std::system_category(), "sched_getaffinity");
    core_plan plan;
    for (int core = 0; core < most_cores; ++core)
        if (mask.has(core))
            plan.allowed.push_back(core);
    plan.generator = plan.allowed.front();
    plan.server = plan.allowed.size() > 1 ? plan.allowed[1] : plan.generator;
    for (const int core : plan.allowed) {
        if (siblings_of(core) != siblings_of(plan.generator)) {
            plan.server = core;
            break;
        }
    }
    plan.shared = plan.server == plan.generator;
    return plan;
}

void pin_to(const std::vector<int>& cores) {
    core_mask mask;
    for (const int core : cores)
        mask.add(core);
    if (::sched_setaffinity(0, mask.size(), mask.get()) != 0)
        throw std::system_error(errno, std::system_category(), "sched_setaffinity");
}

} // namespace bench
