// SPDX-License-Identifier: BSL-1.0
// install_peers: see the header.
#include "benchmarks/tool/install_peers.hpp"

#include "benchmarks/scenarios/peers.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>

#include <unistd.h>

namespace bench {

namespace {

namespace files = std::filesystem;

constexpr const char* flag = "--install-peers";

std::set<std::string> missing_packages(const std::vector<scenario>& catalogue) {
    std::set<std::string> packages;
    for (const scenario& each : catalogue)
        for (const entrant& one : each.entrants)
            if (one.missing && !one.missing().empty() && !one.package.empty())
                packages.insert(one.package);
    return packages;
}

bool succeeds(const std::string& command) {
    std::fflush(stdout);
    return std::system(command.c_str()) == 0;
}

// The build folder that this program lies in, when it does.
std::optional<files::path> build_folder() {
    files::path folder = files::read_symlink("/proc/self/exe");
    while (folder.has_relative_path()) {
        folder = folder.parent_path();
        if (files::exists(folder / "build.ninja"))
            return folder;
    }
    return std::nullopt;
}

[[noreturn]] void start_again(const std::string& program, std::vector<std::string> command) {
    std::erase(command, flag);
    std::vector<char*> arguments;
    for (std::string& word : command)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    throw std::runtime_error("cannot start weft-bench again");
}

} // namespace

void install_missing_peers(const std::vector<scenario>& catalogue,
                           const std::vector<std::string>& command) {
    const std::string program = files::read_symlink("/proc/self/exe"); // may be built anew below
    const std::set<std::string> packages = missing_packages(catalogue);
    if (packages.empty())
        return;
    const std::string names = fmt::format("{}", fmt::join(packages, " "));
    const std::string root = ::geteuid() == 0 ? "" : "sudo ";
    const std::string by_hand =
        fmt::format("{0}apt-get update && {0}apt-get install --yes {1}", root, names);
    if (!succeeds("command -v apt-get >/dev/null 2>&1"))
        throw std::runtime_error(fmt::format(
            "--install-peers needs apt-get; install what these Debian packages bring: {}", names));
    fmt::print("Installing {} ...\n", names);
    if (!succeeds(root + "apt-get update -qq </dev/null && " + root +
                  "env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes "
                  "--no-install-recommends " +
                  names + " >/dev/null </dev/null"))
        throw std::runtime_error("the packages could not be installed here. Type this, then try "
                                 "again:  " +
                                 by_hand);
    if (const auto folder = build_folder()) {
        fmt::print("Building the peers ...\n");
        const std::string here = "'" + folder->string() + "'";
        if (!succeeds("meson setup --reconfigure " + here + " >/dev/null && ninja --quiet -C " +
                      here))
            throw std::runtime_error("the peers could not be built; see:  ninja -C " +
                                     folder->string());
    }
    start_again(program, command);
}

} // namespace bench
