// SPDX-License-Identifier: BSL-1.0
// A server in a fresh process on its core, and what a load on it costs: CPU time from the process's
// own clock (nanoseconds, kernel's share and ended threads included), read while it is idle.
#pragma once

#include "benchmarks/scenarios/closed_loop.hpp"
#include "benchmarks/scenarios/peer_process.hpp"
#include "benchmarks/scenarios/scenario.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

class serving_peer {
  public:
    // Starts the program with its arguments and waits for its port. Throws std::runtime_error: with
    // what to install where the program is missing, or why it does not serve.
    serving_peer(const std::string& peer, std::vector<std::string> command);

    unsigned port() const { return port_; }
    const std::string& version() const { return process_.version(); }

    // The last answer has left the server before it is idle again; this waits until it is.
    std::chrono::nanoseconds idle_cpu_time() const;

    // attended calls work(). When that fails because the server has died, its end is the reason.
    void attended(const std::function<void()>& work);

  private:
    peer_process process_;
    unsigned port_ = 0;
};

const std::vector<std::string>& serving_peers(); // ids of those that serve http and echo

// The program of a peer for a service ("http", "echo") as ../peers/meson.build calls it.
std::vector<std::string> service_command(const std::string& peer, const std::string& service);

// warm_up: open, and as many answers as make caches and allocators warm, but not for long.
void warm_up(closed_loop&);

// saturate drives for the window and fills in "cpu_ns" (of an answer), "per_second" and
// "busy_percent" (below 100 the server also waited).
void saturate(const serving_peer&, closed_loop&, std::chrono::duration<double> window,
              measurement&);
std::vector<figure> saturation_figures(const std::string& answer); // "a request"

// side: an entrant whose program is `program`, and `package` what it needs where that is not what
// the peer needs anyway.
entrant side(const std::string& peer, const std::string& program, measure run,
             const std::string& package = "");

// saturating: an entrant that is a server under a closed loop and nothing more. make_loop knows how
// many clients a size means.
using make_loop = std::function<std::unique_ptr<closed_loop>(unsigned port, std::int64_t size)>;
entrant saturating(const std::string& peer, const std::vector<std::string>& command,
                   const make_loop&, const std::string& package = "");

// descriptor_shortfall raises the limit for that many connections, for this process and the servers
// it starts; says what to do where it is too low, else nothing.
std::string descriptor_shortfall(std::int64_t connections);

} // namespace bench
