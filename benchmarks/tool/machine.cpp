// SPDX-License-Identifier: BSL-1.0
// machine: see the header.
#include "benchmarks/tool/machine.hpp"

#include "benchmarks/scenarios/cores.hpp"
#include "benchmarks/scenarios/limits.hpp"
#include "benchmarks/tool/build_versions.hpp"

#include <CLI/Version.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <gnu/libc-version.h>

#include <sys/sysinfo.h>
#include <sys/utsname.h>

namespace bench {

namespace {

using nlohmann::json;

// field_in reads the first line "NAME<separator>VALUE" of a file.
std::string field_in(const std::string& path, std::string_view name, char separator) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t split = line.find(separator);
        if (!line.starts_with(name) || split == std::string::npos)
            continue;
        const std::size_t start = line.find_first_not_of(" \t\"", split + 1);
        const std::size_t end = line.find_last_not_of(" \t\"");
        return start == std::string::npos ? "" : line.substr(start, end - start + 1);
    }
    return "";
}

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::string or_unknown(const std::string& text) {
    return text.empty() ? "unknown" : text;
}

std::string compiler() {
#if defined(__clang__)
    return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
    return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

std::string memory_text() {
    struct sysinfo info {};
    ::sysinfo(&info);
    const double bytes = static_cast<double>(info.totalram) * info.mem_unit;
    return fmt::format("{:.1f} GiB", bytes / (1024.0 * 1024 * 1024));
}

std::string shell_words(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        const bool plain = word.find_first_of(" \t\n\"'\\$`*?&|;<>()") == std::string::npos;
        text += (text.empty() ? "" : " ") + (plain && !word.empty() ? word : "'" + word + "'");
    }
    return text;
}

json versions() {
    return {
        {"weft", build_versions::weft},
        {"Boost", build_versions::boost},
        {"libev", build_versions::libev},
        {"fmt",
         fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
        {"CLI11", CLI11_VERSION},
        {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                      NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
        {"libstdc++", _GLIBCXX_RELEASE},
        {"glibc", ::gnu_get_libc_version()}};
}

} // namespace

json describe_machine(const std::vector<std::string>& command) {
    utsname kernel{};
    ::uname(&kernel);
    const core_plan cores = plan_cores();
    json limits = json::object();
    for (const system_limit& each : system_limits())
        limits[each.name] = each.value;
    return {
        {"processor", or_unknown(field_in("/proc/cpuinfo", "model name", ':'))},
        {"cores", cores.allowed.size()},
        {"memory", memory_text()},
        {"frequency governor",
         or_unknown(first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"))},
        {"system", or_unknown(field_in("/etc/os-release", "PRETTY_NAME", '='))},
        {"kernel", fmt::format("{} {} {}", kernel.sysname, kernel.release, kernel.machine)},
        {"compiler", compiler()},
        {"build", build_versions::build_type},
        {"versions", versions()},
        {"limits", limits},
        {"date", fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::time(nullptr)))},
        {"command", shell_words(command)},
    };
}

} // namespace bench
