// SPDX-License-Identifier: BSL-1.0
// rounds: see the header.
#include "benchmarks/tool/rounds.hpp"

#include "benchmarks/scenarios/interrupt.hpp"
#include "benchmarks/scenarios/peers.hpp"
#include "benchmarks/tool/progress.hpp"
#include "benchmarks/tool/statistics.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>
#include <set>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr int most_rounds = 60;
constexpr double share_of_a_side = 0.04; // of the time left: a first measurement that would need
                                         // more than this is left out

struct side_in_play {
    const entrant* who = nullptr;
    std::size_t index = 0; // in the point's record
    seconds cost{0};       // of one measurement, as far as known
    bool out = false;      // failed, or would take too long
};

struct point_in_play {
    const planned_scenario* scenario = nullptr;
    scenario_record* told = nullptr;
    point_record* record = nullptr;
    std::vector<side_in_play> sides;
    bool done = false;

    seconds cost() const {
        return std::accumulate(
            sides.begin(), sides.end(), seconds(0),
            [](seconds sum, const side_in_play& each) { return each.out ? sum : sum + each.cost; });
    }
};

class measuring {
  public:
    explicit measuring(run_plan& plan)
        : plan_(plan),
          budget_(std::min(plan.how.budget,
                           plan.how.budget_each * static_cast<double>(plan.scenarios.size()))),
          shown_(budget_) {
        for (std::size_t i = 0; i < plan.scenarios.size(); ++i)
            for (point_record& point : plan.record.scenarios[i].points)
                points_.push_back(in_play(plan.scenarios[i], plan.record.scenarios[i], point));
    }

    void run() {
        for (int round = 1; round <= most_rounds && any_left(); ++round) {
            fit_into_time(round);
            for (point_in_play& point : points_)
                if (!point.done)
                    measure_round(point, round);
            shown_.replan(std::min(left(), cost_of_a_pass() * std::max(1, fewest_rounds - round)));
        }
    }

  private:
    point_in_play in_play(const planned_scenario& scenario, scenario_record& told,
                          point_record& point) {
        point_in_play self{&scenario, &told, &point, {}, false};
        for (const entrant& each : scenario.what.entrants) {
            const bool beyond = each.largest > 0 && point.size > each.largest;
            point.sides.push_back({each.peer, "", {}, beyond ? each.why_largest : ""});
            self.sides.push_back({&each, point.sides.size() - 1, seconds(0), beyond});
        }
        return self;
    }

    bool any_left() const {
        return std::any_of(points_.begin(), points_.end(),
                           [](const point_in_play& each) { return !each.done; });
    }

    seconds cost_of_a_pass() const {
        return std::accumulate(points_.begin(), points_.end(), seconds(0),
                               [](seconds sum, const point_in_play& each) {
                                   return each.done ? sum : sum + each.cost();
                               });
    }

    seconds left() const { return budget_ - (clock::now() - began_); }

    // fit_into_time leaves out whatever takes longest until the rest can have its fewest rounds.
    void fit_into_time(int round) {
        const double missing = fewest_rounds + 1 - round;
        if (round == 1)
            return; // nobody's cost is known
        for (;;) {
            seconds all{0};
            point_in_play* where = nullptr;
            side_in_play* slowest = nullptr;
            for (point_in_play& point : points_)
                for (side_in_play& side : point.sides)
                    if (!point.done && !side.out) {
                        all += side.cost;
                        if (may_go(point, side) &&
                            (slowest == nullptr || side.cost > slowest->cost)) {
                            where = &point;
                            slowest = &side;
                        }
                    }
            if (slowest == nullptr || all * missing <= left())
                return;
            leave_out(*where, *slowest, slowest->cost * missing);
        }
    }

    // may_go: the judged side is the last to go, for without it there is nothing to compare.
    static bool may_go(const point_in_play& self, const side_in_play& side) {
        return side.index != 0 || std::all_of(self.sides.begin() + 1, self.sides.end(),
                                              [](const side_in_play& each) { return each.out; });
    }

    void leave_out(point_in_play& self, side_in_play& side, seconds needed) {
        side.out = true;
        self.record->sides[side.index].shortfall = fmt::format(
            "left out: {} rounds take about {} s", fewest_rounds, number(needed.count()));
        if (side.index == 0) // nobody is left to be compared with
            self.done = self.record->time_was_up = true;
    }

    void measure_round(point_in_play& self, int round) {
        if (self.cost() > left()) {
            self.done = true;
            self.record->time_was_up = !narrow_enough(self);
            return;
        }
        std::vector<side_in_play*> order;
        for (side_in_play& each : self.sides) {
            self.record->sides[each.index].rounds.emplace_back();
            if (round == 1 && !each.out)
                leave_out_the_slow(self, each);
            if (!each.out)
                order.push_back(&each);
        }
        std::shuffle(order.begin(), order.end(), chance_);
        for (side_in_play* each : order)
            measure_side(self, *each, round);
        self.record->rounds = round;
        self.done = round >= most_rounds || (round >= fewest_rounds && narrow_enough(self)) ||
                    std::all_of(self.sides.begin(), self.sides.end(),
                                [](const side_in_play& each) { return each.out; });
    }

    // leave_out_the_slow judges by what the next smaller size took.
    void leave_out_the_slow(point_in_play& self, side_in_play& side) {
        const side_in_play* smaller = nullptr;
        std::int64_t its_size = 0;
        for (const point_in_play& other : points_)
            if (other.scenario == self.scenario && other.record->size < self.record->size &&
                other.record->size > its_size && side.index < other.sides.size()) {
                smaller = &other.sides[side.index];
                its_size = other.record->size;
            }
        if (smaller == nullptr)
            return;
        const seconds needed =
            smaller->cost * growth(*smaller, its_size, self) * static_cast<double>(fewest_rounds);
        if (needed > left() * share_of_a_side)
            leave_out(self, side, needed);
    }

    // growth: a measurement that fills a window takes as long at every size; others grow with it.
    static double growth(const side_in_play& smaller, std::int64_t its_size,
                         const point_in_play& self) {
        const seconds fixed = self.scenario->window * 2 + seconds(0.2);
        return smaller.cost < fixed ? 1
                                    : static_cast<double>(self.record->size) /
                                          static_cast<double>(std::max<std::int64_t>(1, its_size));
    }

    void measure_side(point_in_play& self, side_in_play& side, int round) {
        side_record& record = self.record->sides[side.index];
        prepare(*self.scenario);
        shown_.begin_step(label(self, side, round), side.cost);
        const auto began = clock::now();
        try {
            measurement got =
                side.who->run({self.record->size, self.scenario->window, peers_of(*self.scenario)});
            record.version = got.version;
            if (!got.shortfall.empty())
                record.shortfall = got.shortfall;
            record.rounds.back() = std::move(got.values);
            note_version(record);
        } catch (const interrupted&) {
            throw;
        } catch (const std::exception& error) {
            record.shortfall = error.what();
            side.out = true;
        }
        side.cost = std::max(side.cost / 2, seconds(clock::now() - began));
        shown_.end_step();
    }

    // prepare: once for a scenario, and nobody's cost.
    void prepare(const planned_scenario& self) {
        if (!self.what.prepare || !prepared_.insert(&self).second)
            return;
        try {
            self.what.prepare(peers_of(self));
        } catch (const std::exception&) { // the measurements will say it
        }
    }

    static std::vector<std::string> peers_of(const planned_scenario& self) {
        std::vector<std::string> peers;
        for (const entrant& each : self.what.entrants)
            peers.push_back(each.peer);
        return peers;
    }

    void note_version(const side_record& side) {
        for (peer_record& each : plan_.record.peers)
            if (each.id == side.peer && each.version.empty())
                each.version = side.version;
    }

    bool narrow_enough(const point_in_play& self) const {
        const std::string& judged = self.scenario->what.figures.front().id;
        const std::string& ours = self.record->sides.front().peer;
        for (const side_in_play& each : self.sides) {
            const std::string& theirs = self.record->sides[each.index].peer;
            if (each.out || theirs == ours)
                continue;
            const auto ratio = ratio_of(*self.record, ours, theirs, judged);
            if (ratio && (!ratio->known || ratio->width() > plan_.how.narrow))
                return false;
        }
        return true;
    }

    std::string label(const point_in_play& self, const side_in_play& side, int round) const {
        std::string text = self.told->name;
        if (!self.told->size_label.empty())
            text += fmt::format(", {} {}", grouped(self.record->size), self.told->size_label);
        return fmt::format("round {}: {}, {}", round, text, peer_named(side.who->peer).name);
    }

    run_plan& plan_;
    seconds budget_;
    progress shown_;
    clock::time_point began_ = clock::now();
    std::vector<point_in_play> points_;
    std::set<const planned_scenario*> prepared_;
    std::mt19937 chance_{std::random_device{}()};
};

} // namespace

void measure_rounds(run_plan& plan) {
    const auto began = clock::now();
    try {
        measuring(plan).run();
    } catch (const interrupted&) {
        plan.record.complete = false;
    }
    plan.record.seconds = seconds(clock::now() - began).count();
}

} // namespace bench
