// SPDX-License-Identifier: BSL-1.0
// What was measured, round by round, and the middle and the spread of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace micro {

// One round of one entrant: the time per operation under the empty name, counters under theirs.
using sample = std::map<std::string, double>;

struct record {
    std::vector<sample> samples;
    std::string version;
    std::string error; // the first one; empty when every round succeeded
};

struct spread {
    double median = 0;
    double low = 0;
    double high = 0;
};

class results {
  public:
    record& of(const std::string& scenario, const std::string& entrant) {
        return records_[{scenario, entrant}];
    }
    const record* find(const std::string& scenario, const std::string& entrant) const;

    // value: that counter over the rounds; nothing when no round has it.
    std::optional<spread> value(const std::string& scenario, const std::string& entrant,
                                const std::string& counter) const;

    // ratio: entrant's over against's, taken within each round, so that a machine that slows down
    // for a while slows both.
    std::optional<spread> ratio(const std::string& scenario, const std::string& entrant,
                                const std::string& against, const std::string& counter) const;

    bool empty() const { return records_.empty(); }

  private:
    std::map<std::pair<std::string, std::string>, record> records_;
};

} // namespace micro
