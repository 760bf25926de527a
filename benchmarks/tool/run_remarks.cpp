// SPDX-License-Identifier: BSL-1.0
// run_remarks: see the header.
#include "benchmarks/tool/run_remarks.hpp"

#include "benchmarks/scenarios/cores.hpp"
#include "benchmarks/tool/build_versions.hpp"
#include "benchmarks/tool/remarks.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace bench {

namespace {

// So many processes ran or wanted to in the last minute; one may be whoever started us.
constexpr double quiet_load = 1.0;

std::string governor() {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    std::string name;
    std::getline(file, name);
    return name;
}

} // namespace

std::vector<std::string> remarks_before(const descriptor_limit& descriptors) {
    std::vector<std::string> remarks;
    if (!descriptors.enough())
        remarks.push_back(descriptor_remark(descriptors));
    if (plan_cores().shared)
        remarks.push_back("Only one core may be used, so that the measuring process and the peers "
                          "share it: wall times and latencies contain its work. CPU times do not.");
    if (std::string_view(build_versions::build_type).starts_with("debug"))
        remarks.push_back("This is a debug build: its figures say nothing about a release.");
    std::array<double, 1> load{};
    if (::getloadavg(load.data(), 1) == 1 && load[0] > quiet_load)
        remarks.push_back(fmt::format("Other programs were at work when the run began (load "
                                      "average {}): intervals are wider than on a quiet machine.",
                                      number(load[0])));
    if (const std::string name = governor(); !name.empty() && name != "performance")
        remarks.push_back(fmt::format("The frequency governor is \"{}\": the clock may change "
                                      "during the run, for all sides alike. \"performance\" makes "
                                      "intervals narrower.",
                                      name));
    return remarks;
}

} // namespace bench
