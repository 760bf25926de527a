// SPDX-License-Identifier: BSL-1.0
// demo: see the header. Here: the plan, its rounds, and where each figure is written down.
#include "benchmarks/tool/demo.hpp"

#include "benchmarks/scenarios/cores.hpp"
#include "benchmarks/scenarios/interrupt.hpp"
#include "benchmarks/scenarios/limits.hpp"
#include "benchmarks/tool/child.hpp"
#include "benchmarks/tool/comparison.hpp"
#include "benchmarks/tool/machine.hpp"
#include "benchmarks/tool/method.hpp"
#include "benchmarks/tool/output_file.hpp"
#include "benchmarks/tool/progress.hpp"
#include "benchmarks/tool/remarks.hpp"
#include "benchmarks/tool/report_html.hpp"
#include "benchmarks/tool/report_text.hpp"
#include "benchmarks/tool/text.hpp"
#include "benchmarks/tool/trial.hpp"
#include "benchmarks/tool/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace bench {

namespace {

using duration = std::chrono::duration<double>;

constexpr duration warm_up{0.2};
constexpr duration unit_cost_window{0.25};
constexpr duration time_limit{110}; // no round begins that would end later

struct step {
    std::string label;
    duration estimate;
    std::function<void()> run;
};

class demo {
  public:
    explicit demo(const demo_settings&);
    results run();

  private:
    std::vector<step> plan_round(int round);
    void run_step(const step&, progress&, int round);

    void measure_connections(std::size_t case_index, int round);
    void measure_waiting(side);
    void measure_all_cores();
    void measure_unit_costs(side);
    std::optional<trial_outcome> attempt(measured_case&, side, const trial_settings&);
    void record_memory(measured_case&, side, const trial_outcome*, std::optional<double> sockets);

    trial_settings trial_of(side, int connections) const;
    measured_case& case_of(std::size_t block_index, std::size_t case_index = 0) {
        return results_.blocks[block_index].cases[case_index];
    }

    demo_settings settings_;
    core_plan cores_ = plan_cores();
    results results_;
    std::function<void()> tick_;
    enum : std::size_t { connections, waiting, unit_costs, all_cores };
};

demo::demo(const demo_settings& settings) : settings_(settings) {
    if (settings_.rounds == 0)
        settings_.rounds = settings_.quick ? 1 : 5;
    if (settings_.seconds == 0)
        settings_.seconds = 0.8;
    const auto most = static_cast<std::uint64_t>(
        *std::max_element(held_connections.begin(), held_connections.end()));
    const descriptor_limit descriptors = raise_descriptor_limit(most + 200);
    results_.machine = describe_machine(settings_.command);
    results_.blocks = {connections_block(), waiting_block(), unit_costs_block()};
    if (cores_.allowed.size() > 1)
        results_.blocks.push_back(all_cores_block(cores_.allowed.size()));
    if (!descriptors.enough())
        results_.remarks.push_back(descriptor_remark(descriptors));
    if (cores_.shared)
        results_.remarks.push_back(shared_core_remark());
    results_.method =
        describe_method({settings_.rounds, settings_.seconds, warm_up.count(), cores_});
}

results demo::run() {
    duration round_time{0};
    for (const step& each : plan_round(0))
        round_time += each.estimate;
    progress shown(round_time * settings_.rounds);
    tick_ = [&shown] { shown.tick(); };
    const auto begin = std::chrono::steady_clock::now();
    const bool limited = settings_.rounds > 1;
    try {
        for (int round = 0; round < settings_.rounds; ++round) {
            const duration passed = std::chrono::steady_clock::now() - begin;
            if (limited && round > 0 && passed * (round + 1) / round > time_limit) {
                results_.remarks.push_back(time_remark(round, settings_.rounds));
                break;
            }
            for (const step& each : plan_round(round))
                run_step(each, shown, round);
            results_.rounds = round + 1;
        }
    } catch (const interrupted&) {
        results_.complete = false;
        results_.remarks.push_back(interrupted_remark(results_.rounds, settings_.rounds));
    }
    add_final_remarks(results_);
    for (block& each : results_.blocks)
        each.verdict = verdict_of(each);
    return std::move(results_);
}

void demo::run_step(const step& self, progress& shown, int round) {
    std::string label = self.label;
    if (settings_.rounds > 1)
        label = fmt::format("round {} of {}: {}", round + 1, settings_.rounds, label);
    shown.begin_step(std::move(label), self.estimate);
    self.run();
    shown.end_step();
}

std::vector<step> demo::plan_round(int round) {
    const duration window{settings_.seconds};
    const bool fibers_first = round % 2 == 0;
    std::vector<step> steps;
    for (std::size_t i = 0; i < held_connections.size(); ++i) {
        const int count = held_connections[i];
        steps.push_back({fmt::format("{} connections held open", grouped(count)),
                         2 * (window + warm_up + duration(0.15)) + duration(count * 1.6e-4),
                         [this, i, round] { measure_connections(i, round); }});
        if (count == all_cores_connections && results_.blocks.size() > all_cores)
            steps.push_back({fmt::format("{} connections, threads on all cores", grouped(count)),
                             window + warm_up + duration(0.4), [this] { measure_all_cores(); }});
    }
    for (const side which : {fibers_first ? side::fibers : side::threads,
                             fibers_first ? side::threads : side::fibers}) {
        steps.push_back({fmt::format("{} requests that wait 100 ms ({})", grouped(waiting_requests),
                                     name_of(which)),
                         duration(1.1), [this, which] { measure_waiting(which); }});
        steps.push_back({fmt::format("cost of creating and switching {}", name_of(which)),
                         3 * unit_cost_window, [this, which] { measure_unit_costs(which); }});
    }
    return steps;
}

trial_settings demo::trial_of(side which, int connections) const {
    trial_settings trial;
    trial.which = which;
    trial.connections = connections;
    trial.in_flight = std::min(connections, requests_in_flight);
    trial.warm_up = warm_up;
    trial.seconds = duration(settings_.seconds);
    trial.server_cores = {cores_.server};
    trial.generator_cores = {cores_.generator};
    return trial;
}

// attempt turns a process that failed into a shortfall of its side.
std::optional<trial_outcome> demo::attempt(measured_case& self, side which,
                                           const trial_settings& trial) {
    try {
        trial_outcome outcome = run_trial(trial, tick_);
        if (!outcome.shortfall.empty())
            self.record_shortfall(which, outcome.shortfall);
        return outcome;
    } catch (const child_error& error) {
        self.record_shortfall(which, error.what());
        return std::nullopt;
    }
}

std::optional<double> value_in(const std::optional<trial_outcome>& outcome,
                               const std::string& name) {
    if (!outcome)
        return std::nullopt;
    const auto found = outcome->values.find(name);
    return found == outcome->values.end() ? std::nullopt : std::optional(found->second);
}

void demo::measure_connections(std::size_t case_index, int round) {
    measured_case& self = case_of(connections, case_index);
    const int count = held_connections[case_index];
    std::optional<double> sockets; // bytes of kernel objects that the bare connections take
    if (count >= kernel_objects_visible_from) {
        measured_case ignored;
        const auto bare = attempt(ignored, side::sockets, trial_of(side::sockets, count));
        if (bare && bare->held > 0)
            sockets = static_cast<double>(bare->memory.slab) / bare->held;
    }
    auto order = compared_sides;
    if (round % 2 == 1)
        std::reverse(order.begin(), order.end());
    for (const side which : order) {
        const std::optional<trial_outcome> outcome = attempt(self, which, trial_of(which, count));
        for (const metric& each : results_.blocks[connections].metrics)
            if (!each.id.starts_with("memory"))
                self.record(which, each.id, value_in(outcome, each.id));
        record_memory(self, which, outcome ? &*outcome : nullptr, sockets);
    }
}

void demo::record_memory(measured_case& self, side which, const trial_outcome* outcome,
                         std::optional<double> sockets) {
    double sum = 0;
    bool any = false;
    const auto record = [&](const std::string& id, std::optional<double> bytes) {
        std::optional<double> kib;
        if (outcome && outcome->held > 0 && bytes) {
            kib = std::max(0.0, *bytes / 1024);
            sum += *kib;
            any = true;
        }
        self.record(which, id, kib);
    };
    const memory_sample memory = outcome ? outcome->memory : memory_sample{};
    const double held = outcome && outcome->held > 0 ? outcome->held : 1;
    record("memory_user_kib", static_cast<double>(memory.resident) / held);
    record("memory_page_tables_kib", static_cast<double>(memory.page_tables) / held);
    record("memory_kernel_stacks_kib", static_cast<double>(memory.kernel_stacks) / held);
    record("memory_kernel_objects_kib",
           sockets ? std::optional(static_cast<double>(memory.slab) / held - *sockets)
                   : std::nullopt);
    self.record(which, "memory_kib", any ? std::optional(sum) : std::nullopt);
}

void demo::measure_waiting(side which) {
    measured_case& self = case_of(waiting);
    trial_settings trial = trial_of(which, waiting_requests);
    trial.kind = load_kind::one_wait;
    const std::optional<trial_outcome> outcome = attempt(self, which, trial);
    for (const metric& each : results_.blocks[waiting].metrics)
        if (each.id != "failed")
            self.record(which, each.id, value_in(outcome, each.id));
    const double answered = value_in(outcome, "answered").value_or(0);
    self.record(which, "failed", waiting_requests - answered);
}

// measure_all_cores runs threads only; the fibers' figures of this round are there already.
void demo::measure_all_cores() {
    measured_case& self = case_of(all_cores);
    trial_settings trial = trial_of(side::threads, all_cores_connections);
    trial.server_cores = cores_.allowed;
    const std::optional<trial_outcome> outcome = attempt(self, side::threads, trial);
    const auto& cases = results_.blocks[connections].cases;
    const auto same = std::find_if(cases.begin(), cases.end(), [&](const measured_case& each) {
        return each.scale == self.scale;
    });
    for (const metric& each : results_.blocks[all_cores].metrics) {
        self.record(side::threads, each.id, value_in(outcome, each.id));
        self.record(side::fibers, each.id, same->values.at(each.id)[index_of(side::fibers)].back());
    }
}

void demo::measure_unit_costs(side which) {
    measured_case& self = case_of(unit_costs);
    std::map<std::string, double> costs;
    try {
        costs = run_unit_costs(which, unit_cost_window, {cores_.server}, tick_);
    } catch (const child_error& error) {
        self.record_shortfall(which, error.what());
    }
    for (const metric& each : results_.blocks[unit_costs].metrics) {
        const auto found = costs.find(each.id);
        self.record(which, each.id,
                    found == costs.end() ? std::nullopt : std::optional(found->second));
    }
}

} // namespace

int run_demo(const demo_settings& settings) {
    watch_interrupts();
    if (!settings.html.empty())
        require_writable(settings.html);
    if (!settings.json.empty())
        require_writable(settings.json);
    const results measured = demo(settings).run();
    print_report(measured);
    if (!measured.complete && measured.rounds == 0)
        return 130;
    if (!settings.html.empty())
        write_file(settings.html, html_report(measured));
    if (!settings.json.empty())
        write_file(settings.json, to_json(measured).dump(2) + "\n");
    print_files(settings.html, settings.json);
    if (!measured.complete)
        return 130;
    return nothing_compared(measured) ? 1 : 0;
}

} // namespace bench
