// SPDX-License-Identifier: BSL-1.0
// Medians, and ratios taken within a round.
#include "benchmarks/micro/results.hpp"

#include <algorithm>

namespace micro {
namespace {

std::optional<spread> spread_of(std::vector<double> values) {
    if (values.empty()) {
        return std::nullopt;
    }
    std::sort(values.begin(), values.end());
    std::size_t half = values.size() / 2;
    bool odd = values.size() % 2 == 1;
    double median = odd ? values[half] : (values[half - 1] + values[half]) / 2;
    return spread{.median = median, .low = values.front(), .high = values.back()};
}

} // namespace

const record* results::find(const std::string& scenario, const std::string& entrant) const {
    auto found = records_.find({scenario, entrant});
    return found == records_.end() ? nullptr : &found->second;
}

std::optional<spread> results::value(const std::string& scenario, const std::string& entrant,
                                     const std::string& counter) const {
    std::vector<double> values;
    if (const record* all = find(scenario, entrant)) {
        for (const sample& round : all->samples) {
            if (auto found = round.find(counter); found != round.end()) {
                values.push_back(found->second);
            }
        }
    }
    return spread_of(std::move(values));
}

std::optional<spread> results::ratio(const std::string& scenario, const std::string& entrant,
                                     const std::string& against, const std::string& counter) const {
    const record* ours = find(scenario, entrant);
    const record* theirs = find(scenario, against);
    std::vector<double> ratios;
    if (ours != nullptr && theirs != nullptr) {
        std::size_t rounds = std::min(ours->samples.size(), theirs->samples.size());
        for (std::size_t i = 0; i < rounds; ++i) {
            auto above = ours->samples[i].find(counter);
            auto below = theirs->samples[i].find(counter);
            if (above != ours->samples[i].end() && below != theirs->samples[i].end() &&
                below->second != 0) {
                ratios.push_back(above->second / below->second);
            }
        }
    }
    return spread_of(std::move(ratios));
}

} // namespace micro
