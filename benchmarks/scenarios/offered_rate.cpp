// SPDX-License-Identifier: BSL-1.0
// offered_rate: see the header.
#include "benchmarks/scenarios/offered_rate.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <stdexcept>
#include <utility>

namespace bench {

namespace {
constexpr double share_of_saturation = 0.3;
}

void offered_rate::add(const std::string& peer, probe asked) {
    probes_[peer] = std::move(asked);
}

double offered_rate::of(double saturation) {
    const double half = saturation * share_of_saturation;
    const double digits = std::pow(10, std::floor(std::log10(half)) - 1);
    return std::max(1.0, std::floor(half / digits + 1e-9) * digits);
}

double offered_rate::per_second(const std::vector<std::string>& peers) {
    double slowest = std::numeric_limits<double>::infinity();
    for (const auto& [peer, unused] : probes_)
        if (peers.empty() || std::find(peers.begin(), peers.end(), peer) != peers.end())
            slowest = std::min(slowest, saturation_of(peer));
    if (!std::isfinite(slowest))
        throw std::runtime_error("no rate to offer: none of the sides answers");
    return of(slowest);
}

double offered_rate::saturation_of(const std::string& peer) {
    const auto [found, first] =
        saturations_.try_emplace(peer, std::numeric_limits<double>::infinity());
    if (first) {
        try {
            found->second = probes_[peer]();
        } catch (const std::exception&) { // its own measurement will say why
        }
    }
    return found->second;
}

} // namespace bench
