// SPDX-License-Identifier: BSL-1.0
// run_plan: see the header.
#include "benchmarks/tool/run_plan.hpp"

#include "benchmarks/scenarios/peers.hpp"
#include "benchmarks/tool/run_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace bench {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::vector<scenario> chosen_from(std::vector<scenario> catalogue,
                                  const std::vector<std::string>& names) {
    if (names.empty()) {
        std::erase_if(catalogue, [](const scenario& each) { return each.only_by_name; });
        return catalogue;
    }
    std::vector<scenario> chosen;
    for (const std::string& name : names) {
        const auto found = std::find_if(catalogue.begin(), catalogue.end(),
                                        [&](const scenario& each) { return each.name == name; });
        if (found == catalogue.end()) {
            std::vector<std::string> known;
            for (const scenario& each : catalogue)
                known.push_back(each.name);
            throw std::invalid_argument(fmt::format("there is no scenario \"{}\"; there are: {}",
                                                    name, fmt::join(known, ", ")));
        }
        chosen.push_back(*found);
    }
    return chosen;
}

// A peer's record is there once, whatever number of its programs are missing.
class roll_call {
  public:
    explicit roll_call(run_record& record) : record_(record) {}

    void note(const known_peer& peer, const std::string& missing) {
        const auto found =
            std::find_if(record_.peers.begin(), record_.peers.end(),
                         [&](const peer_record& each) { return each.id == peer.id; });
        if (found == record_.peers.end())
            record_.peers.push_back({peer.id, peer.name, "", missing});
        else if (missing.empty())
            found->missing.clear();
    }

  private:
    run_record& record_;
};

} // namespace

effort quick_effort() {
    return {"quick", seconds(140), seconds(30), 0.10, false, false};
}

effort usual_effort() {
    return {"usual", minutes(10), seconds(60), 0.04, true, true};
}

effort full_effort() {
    return {"full", minutes(26), minutes(5), 0.03, true, true};
}

run_plan plan_run(std::vector<scenario> catalogue, const std::vector<std::string>& names,
                  const std::vector<std::string>& against, const effort& how) {
    std::set<std::string> asked;
    for (const std::string& id : against)
        asked.insert(peer_named(id).id);
    const auto wanted = [&](const std::string& id) {
        return id == ours || against.empty() || asked.contains(id);
    };

    run_plan plan{.scenarios = {}, .how = how, .record = {}};
    plan.record.mode = how.name;
    roll_call present(plan.record);
    for (scenario& each : chosen_from(std::move(catalogue), names)) {
        scenario_record record{each.name,       each.title,   each.about, each.not_shown,
                               each.size_label, each.figures, {},         {}};
        std::vector<entrant> able;
        for (const entrant& one : each.entrants) {
            if (!each.only_by_name && !wanted(one.peer))
                continue;
            const known_peer& peer = peer_named(one.peer);
            const std::string missing = one.missing ? one.missing() : "";
            if (missing.empty())
                able.push_back(one);
            else
                record.absent.push_back(peer.name + ": " + missing);
            constexpr std::string_view word = "missing; "; // said by whoever shows it
            present.note(peer, missing.starts_with(word) ? missing.substr(word.size()) : missing);
        }
        each.entrants = std::move(able);
        const auto sizes = how.all_sizes ? each.full_sizes : each.quick_sizes;
        for (const std::int64_t size : sizes)
            record.points.push_back({.size = size, .sides = {}, .rounds = 0, .time_was_up = false});
        plan.record.scenarios.push_back(std::move(record));
        const auto window = how.long_windows ? each.full_window : each.quick_window;
        plan.scenarios.push_back({std::move(each), window});
    }
    return plan;
}

} // namespace bench
