// SPDX-License-Identifier: BSL-1.0
// What a server spends on one message that it sends back over TLS: CPU time of its process, user
// and kernel together, on 64 connections that stay open. Server on one core, clients on another.
//
// Both servers use the same OpenSSL and read and write as much at once; the difference is what
// stands between it and the socket: a thread for each connection that blocks, or a task.
#include "benchmarks/micro/loaded_server.hpp"
#include "benchmarks/micro/rounds.hpp"
#include "benchmarks/micro/tls_load.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <stdlib.h>

namespace {

using namespace micro;

constexpr int connections = 64;

// A certificate and its key in a folder that goes at the end.
class certificate {
  public:
    certificate() {
        char folder[] = "/tmp/weft-tls-XXXXXX";
        if (::mkdtemp(folder) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        folder_ = folder;
        const std::string command =
            "openssl req -x509 -days 30 -subj /CN=localhost -newkey ec -pkeyopt "
            "ec_paramgen_curve:P-256 -nodes -keyout " +
            key() + " -out " + chain() + " 2>/dev/null";
        if (std::system(command.c_str()) != 0) {
            throw std::runtime_error("the openssl program makes no certificate");
        }
    }
    ~certificate() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

    std::string chain() const { return folder_ + "/chain.pem"; }
    std::string key() const { return folder_ + "/key.pem"; }

  private:
    std::string folder_;
};

template <std::size_t Size>
scenario echo(const std::string& name, const std::string& size, const certificate& shown,
              std::int64_t messages) {
    const auto entrant_of = [&](const char* peer, const char* program) {
        return server_under_load<tls_load_of<Size>>(
            peer, "libssl-dev", {program, shown.chain(), shown.key()}, connections, messages);
    };
    return {
        .name = name,
        .title = "an echo over TLS of " + size + " on 64 connections: the server's CPU time",
        .columns = {{"", "ns a message"}, {"per_second", "messages/s"}, {"busy_percent", "busy %"}},
        .entrants = {entrant_of("weft", "peer_weft_tls"),
                     entrant_of("OpenSSL", "peer_threads_tls")},
    };
}

} // namespace

int main(int argc, char** argv) {
    const certificate shown;
    plan what{.title = "tls cpu", .rounds = 11};
    what.scenarios = {echo<64>("tls_small", "64 bytes", shown, 40'000),
                      echo<std::size_t{16} * 1024>("tls_16k", "16 KiB", shown, 20'000)};
    for (const scenario& one : what.scenarios) {
        what.bars.push_back({one.name, "", "OpenSSL", 1.1, "server CPU, " + one.name});
    }
    return run_plan(argc, argv, what);
}
