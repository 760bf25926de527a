// SPDX-License-Identifier: BSL-1.0
// claims: see the header.
#include "benchmarks/tool/claims.hpp"

#include "benchmarks/tool/quantity.hpp"
#include "benchmarks/tool/run_words.hpp"
#include "benchmarks/tool/statistics.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bench {

namespace {

constexpr std::string_view claimant = "asyncio";
constexpr std::string_view faster_claimant = "uvloop";

constexpr double claimed_switch_ns = 100;
constexpr double about = 1.25; // what is "about" as much
constexpr std::int64_t claimed_coroutines = 1'000'000;
constexpr std::int64_t claimed_requests = 10'000;
constexpr double claimed_requests_ns = 2.3e9;
constexpr double claimed_least = 2; // times faster
constexpr double claimed_most = 4;

constexpr std::string_view not_measured = "not measured";

struct place {
    const scenario_record* scenario = nullptr;
    const point_record* point = nullptr;
    const figure* what = nullptr;

    std::optional<estimate> value(std::string_view peer) const {
        return point == nullptr ? std::nullopt : value_of(*point, peer, what->id);
    }
    std::string words() const {
        const std::string size = size_text(*scenario, point->size);
        return fmt::format("{}{}: {}", scenario->name, size.empty() ? "" : ", " + size,
                           what->label);
    }
};

std::string estimate_text(const std::optional<estimate>& value, const figure& what) {
    if (!value)
        return "";
    return fmt::format("{} ({} to {})", quantity(value->median, what.unit),
                       quantity(value->low, what.unit), quantity(value->high, what.unit));
}

// Where nothing was measured: why, as far as the record says.
std::string why_not(const run_record& run, const place& at, std::string_view peer) {
    const peer_record* known = recorded_peer(run, peer);
    if (known != nullptr && !known->missing.empty())
        return fmt::format("{}: {}", not_measured, known->missing);
    const side_record* side = at.point == nullptr ? nullptr : side_of(*at.point, peer);
    if (side != nullptr && !side->shortfall.empty())
        return "not shown: " + side->shortfall;
    return std::string(not_measured);
}

tried_claim tried(std::string claim, const place& at) {
    tried_claim self{std::move(claim), "", "", "", std::string(not_measured)};
    if (at.point != nullptr) {
        self.tried_by = at.words();
        self.measured = estimate_text(at.value(claimant), *at.what);
        self.weft = estimate_text(at.value(ours), *at.what);
    }
    return self;
}

// at_most judges a claim that something takes no more than `limit`, in ns.
std::string at_most(const std::optional<estimate>& value, const figure& what, double limit,
                    double claimed) {
    const auto in_ns = [&](double of) { return in_least_unit(of, what.unit); };
    if (!value->known)
        return fmt::format("undecided: {} {} only", value->rounds,
                           value->rounds == 1 ? "round" : "rounds");
    if (in_ns(value->high) <= limit)
        return "holds";
    if (in_ns(value->low) > limit)
        return fmt::format("does not hold: {} times as much",
                           number(in_ns(value->median) / claimed));
    return "undecided: the interval holds the limit";
}

// The first figure, or the first whose id begins so.
const figure* figure_in(const scenario_record& self, std::string_view beginning) {
    const auto found =
        std::find_if(self.figures.begin(), self.figures.end(),
                     [&](const figure& each) { return each.id.starts_with(beginning); });
    return found == self.figures.end() ? nullptr : &*found;
}

place find(const run_record& run, std::string_view scenario, std::string_view figure_id) {
    place at{scenario_named(run, scenario), nullptr, nullptr};
    if (at.scenario != nullptr)
        at.what = figure_in(*at.scenario, figure_id);
    return at;
}

tried_claim switch_claim(const run_record& run) {
    place at = find(run, "switch", "");
    if (at.what != nullptr && !at.scenario->points.empty()) // fewest tasks: the claim at its best
        at.point = &*std::min_element(at.scenario->points.begin(), at.scenario->points.end(),
                                      [](const point_record& one, const point_record& other) {
                                          return one.size < other.size;
                                      });
    tried_claim self = tried("A switch between coroutines takes about 100 ns", at);
    if (const auto value = at.value(claimant))
        self.verdict = at_most(value, *at.what, about * claimed_switch_ns, claimed_switch_ns);
    else
        self.verdict = why_not(run, at, claimant);
    return self;
}

tried_claim crowd_claim(const run_record& run) {
    place at = find(run, "create_join", "");
    if (at.what != nullptr)
        at.point = point_of(*at.scenario, claimed_coroutines);
    tried_claim self = tried("A million coroutines at once are no problem", at);
    const place memory = find(run, "memory", "");
    if (at.value(claimant)) {
        self.verdict = "holds: all of them ran and ended";
        place held = memory;
        if (held.what != nullptr)
            held.point = point_of(*held.scenario, claimed_coroutines);
        if (const auto bytes = held.value(claimant); bytes && held.what->unit == "B")
            self.verdict += fmt::format("; waiting, they take {}",
                                        quantity(bytes->median * claimed_coroutines, "B"));
        return self;
    }
    self.verdict = why_not(run, at, claimant);
    return self;
}

tried_claim waiting_claim(const run_record& run) {
    place at = find(run, "waiting", "wall");
    if (at.what != nullptr)
        at.point = point_of(*at.scenario, claimed_requests);
    tried_claim self = tried("10,000 requests at once are answered in 2.3 s", at);
    const auto value = at.value(claimant);
    self.verdict = value ? at_most(value, *at.what, claimed_requests_ns, claimed_requests_ns)
                         : why_not(run, at, claimant);
    return self;
}

std::string between(const estimate& faster) {
    const std::string words = fmt::format("{} times", ratio_text(faster));
    if (!faster.known)
        return "undecided: " + words;
    if (faster.low >= claimed_least && faster.high <= claimed_most)
        return "holds: " + words;
    if (faster.high < claimed_least)
        return "does not hold, it is less: " + words;
    if (faster.low > claimed_most)
        return "more than claimed: " + words;
    return "undecided, the interval goes beyond: " + words;
}

std::vector<tried_claim> faster_claims(const run_record& run) {
    constexpr const char* claim = "uvloop makes asyncio 2 to 4 times faster";
    std::vector<tried_claim> all;
    for (const char* name : {"echo", "http"}) {
        place at = find(run, name, "");
        if (at.what == nullptr)
            continue;
        for (const point_record& point : at.scenario->points) {
            at.point = &point;
            const bool less = at.what->less_is_better;
            const auto faster = ratio_of(point, less ? claimant : faster_claimant,
                                         less ? faster_claimant : claimant, at.what->id);
            if (!faster)
                continue;
            tried_claim self = tried(claim, at);
            self.measured = fmt::format("asyncio {}, uvloop {}",
                                        quantity(at.value(claimant)->median, at.what->unit),
                                        quantity(at.value(faster_claimant)->median, at.what->unit));
            self.verdict = between(*faster);
            all.push_back(std::move(self));
        }
    }
    if (all.empty())
        all.push_back(tried(claim, {}));
    return all;
}

} // namespace

std::vector<tried_claim> asyncio_claims(const run_record& run) {
    std::vector<tried_claim> all{switch_claim(run), crowd_claim(run), waiting_claim(run)};
    for (tried_claim& each : faster_claims(run))
        all.push_back(std::move(each));
    return all;
}

} // namespace bench
