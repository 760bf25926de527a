// SPDX-License-Identifier: BSL-1.0
// Servers on OpenSSL. Without its headers weft-bench has no TLS client either, and says so.
#include "benchmarks/scenarios/catalogue.hpp"
#include "benchmarks/scenarios/certificate.hpp"
#include "benchmarks/scenarios/serving_peer.hpp"
#include "benchmarks/scenarios/tls_loop.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace bench {

namespace {

using seconds = std::chrono::duration<double>;

#ifdef WEFT_BENCH_TLS

constexpr int connections = 64; // the size is that of a message

// The certificate is made for the first measurement and shared by all.
entrant tls_side(const std::string& peer, const std::string& program,
                 const std::shared_ptr<std::optional<certificate>>& shown) {
    auto run = [=](const request& wanted) {
        if (!*shown)
            shown->emplace();
        const entrant side =
            saturating(peer, {program, (*shown)->chain(), (*shown)->key()},
                       [](unsigned port, std::int64_t message) {
                           return std::make_unique<tls_loop>(port, connections,
                                                             static_cast<std::size_t>(message));
                       });
        return side.run(wanted);
    };
    return side(peer, program, run, "libssl-dev");
}

#else

// Its programs are not built without OpenSSL either, so that nobody comes to be measured.
entrant tls_side(const std::string& peer, const std::string& program,
                 const std::shared_ptr<std::optional<certificate>>&) {
    return side(
        peer, program, [](const request&) { return measurement{}; }, "libssl-dev");
}

#endif

scenario tls() {
    auto shown = std::make_shared<std::optional<certificate>>();
    return {
        .name = "tls",
        .title = "A message comes back over TLS",
        .about = "64 connections in a closed loop. Both sides use the same OpenSSL and read and "
                 "write as much at once; the difference is what stands between it and the socket: "
                 "a thread for each connection, or a task.",
        .not_shown = "Handshakes: all connections are open before anything counts.",
        .size_label = "bytes a message",
        .quick_sizes = {64, 16'384},
        .full_sizes = {64, 16'384},
        .figures = saturation_figures("a message"),
        .entrants = {tls_side("weft", "peer_weft_tls", shown),
                     tls_side("threads", "peer_threads_tls", shown)},
        .quick_window = seconds(0.05),
        .full_window = seconds(0.3),
    };
}

} // namespace

std::vector<scenario> tls_scenarios() {
    return {tls()};
}

} // namespace bench
