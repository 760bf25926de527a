// SPDX-License-Identifier: BSL-1.0
// peers: see the header.
#include "benchmarks/scenarios/peers.hpp"

#include "benchmarks/scenarios/places.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace bench {

namespace {

// The interpreter that the packages of the system are made for, not one that happens to be first
// on the PATH.
constexpr const char* python = "/usr/bin/python3";

bool has_module(const std::string& module) {
    static std::map<std::string, bool> asked; // starting an interpreter takes a while
    const auto [found, first] = asked.try_emplace(module, false);
    if (first) {
        const std::string command =
            std::string(python) + " -c 'import " + module + "' >/dev/null 2>&1";
        found->second = std::system(command.c_str()) == 0;
    }
    return found->second;
}

} // namespace

const std::vector<known_peer>& known_peers() {
    static const std::vector<known_peer> peers{
        {"weft", "weft", "peer_weft", "", ""},
        {"threads", "std::thread", "peer_threads", "", ""},
        {"boost.fiber", "Boost.Fiber", "peer_boost_fiber", "libboost-fiber-dev", ""},
        {"state-threads", "state-threads", "peer_state_threads", "libst-dev", ""},
        {"asio", "Boost.Asio", "peer_asio", "libboost-coroutine-dev", ""},
        {"go", "Go", "peer_go", "golang-go", ""},
        {"asyncio", "asyncio", "peer_asyncio", "python3", "asyncio"},
        {"uvloop", "uvloop", "peer_uvloop", "python3-uvloop", "uvloop"},
        {"gevent", "gevent", "peer_gevent", "python3-gevent", "gevent"},
        {"epoll", "epoll, by hand", "peer_epoll_http", "", ""},
        {"reference", "reference", "peer_reference", "", "", true},
        {"reference-twin", "the same again", "peer_reference", "", "", true},
        {"reference-twice", "twice as much", "peer_reference", "", "", true},
    };
    return peers;
}

const known_peer& peer_named(std::string_view id) {
    std::string all;
    for (const known_peer& each : known_peers()) {
        if (each.id == id)
            return each;
        if (!each.of_self_checks)
            all += (all.empty() ? "" : ", ") + each.id;
    }
    throw std::invalid_argument("there is no peer \"" + std::string(id) + "\"; there are: " + all);
}

std::optional<std::string> program_path(const std::string& name) {
    namespace files = std::filesystem;
    const files::path own = files::read_symlink("/proc/self/exe").parent_path();
    std::vector<files::path> folders{own / "../peers", own / places::from_bin_to_peers};
    if (const char* asked = std::getenv("WEFT_BENCH_PEERS"))
        folders = {asked};
    for (const files::path& folder : folders) {
        const files::path program = folder / name;
        if (files::exists(program))
            return files::canonical(program.parent_path()) / name;
    }
    return std::nullopt;
}

std::optional<std::string> why_missing(const known_peer& peer, const std::string& program) {
    if (!program_path(program))
        return peer.package.empty()
                   ? program + " was not built with this weft-bench"
                   : "missing; install " + peer.package + " and build weft-bench again";
    if (!peer.module.empty() && !has_module(peer.module))
        return "missing; install " + peer.package;
    return std::nullopt;
}

} // namespace bench
