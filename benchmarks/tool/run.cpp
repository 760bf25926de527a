// SPDX-License-Identifier: BSL-1.0
// run: see the header.
#include "benchmarks/tool/run.hpp"

#include "benchmarks/scenarios/catalogue.hpp"
#include "benchmarks/scenarios/interrupt.hpp"
#include "benchmarks/scenarios/limits.hpp"
#include "benchmarks/scenarios/peer_process.hpp"
#include "benchmarks/scenarios/peers.hpp"
#include "benchmarks/tool/bars.hpp"
#include "benchmarks/tool/install_peers.hpp"
#include "benchmarks/tool/machine.hpp"
#include "benchmarks/tool/output_file.hpp"
#include "benchmarks/tool/rounds.hpp"
#include "benchmarks/tool/run_compare.hpp"
#include "benchmarks/tool/run_markdown.hpp"
#include "benchmarks/tool/run_page.hpp"
#include "benchmarks/tool/run_plan.hpp"
#include "benchmarks/tool/run_remarks.hpp"
#include "benchmarks/tool/run_text.hpp"
#include "benchmarks/tool/terminal.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <system_error>

#include <unistd.h>

namespace bench {

namespace {

constexpr std::uint64_t most_descriptors = 12'000; // 10,000 connections, and what else is open

constexpr int nothing_measured = 1;
constexpr int above_the_limit = 3;
constexpr int ended_by_a_signal = 130;

effort effort_of(const run_settings& settings) {
    if (settings.quick)
        return quick_effort();
    return settings.full ? full_effort() : usual_effort();
}

run_record read_record(const std::string& path) {
    std::ifstream file(path);
    if (!file)
        throw std::system_error(errno, std::system_category(), path);
    std::stringstream content;
    content << file.rdbuf();
    return read_run(content.str(), path);
}

// keep_to_bars leaves of a plan what bars are about.
void keep_to_bars(run_plan& plan, const std::vector<bar>& bars) {
    for (std::size_t i = 0; i < plan.scenarios.size(); ++i) {
        planned_scenario& self = plan.scenarios[i];
        const auto wanted = [&](auto matches) {
            return std::any_of(bars.begin(), bars.end(), [&](const bar& each) {
                return each.scenario == self.what.name && matches(each);
            });
        };
        const std::string judged = self.what.entrants.front().peer;
        std::erase_if(self.what.entrants, [&](const entrant& one) {
            return one.peer != judged &&
                   !wanted([&](const bar& each) { return each.against == one.peer; });
        });
        std::erase_if(plan.record.scenarios[i].points, [&](const point_record& point) {
            return !wanted([&](const bar& each) {
                return each.size == point.size || each.against_size == point.size;
            });
        });
    }
}

bool measured_anything(const run_record& self) {
    return std::any_of(self.scenarios.begin(), self.scenarios.end(), [](const auto& each) {
        return std::any_of(each.points.begin(), each.points.end(),
                           [](const point_record& point) { return point.rounds > 0; });
    });
}

void write_if_asked(const std::string& path, const std::string& content) {
    if (!path.empty()) {
        write_file(path, content);
        fmt::print("Written: {}\n", path);
    }
}

// compare_with_base returns the exit status that the comparison asks for.
int compare_with_base(const run_record& now, const run_record& base,
                      std::optional<double> fail_above) {
    const comparison compared = compare_runs(now, base);
    fmt::print("{}",
               compare_text(compared, terminal_width(STDOUT_FILENO), wants_colour(STDOUT_FILENO)));
    if (!fail_above)
        return 0;
    fmt::print("{}", above_text(compared, *fail_above));
    return compared.above(*fail_above).empty() ? 0 : above_the_limit;
}

void print_table(const run_record& measured) {
    fmt::print("{}",
               run_table(measured, terminal_width(STDOUT_FILENO), wants_colour(STDOUT_FILENO)));
}

} // namespace

int run_command(const run_settings& settings) {
    watch_interrupts();
    for (const std::string& path : {settings.json, settings.html, settings.save})
        if (!path.empty())
            require_writable(path);
    std::optional<run_record> base;
    if (!settings.compare.empty())
        base = read_record(settings.compare);
    if (settings.install_peers)
        install_missing_peers(all_scenarios(), settings.command); // comes back if there was no need

    const descriptor_limit descriptors = raise_descriptor_limit(most_descriptors);
    run_plan plan =
        plan_run(all_scenarios(), settings.scenarios, settings.against, effort_of(settings));
    plan.record.machine = describe_machine(settings.command);
    plan.record.remarks = remarks_before(descriptors);
    sit_apart();
    measure_rounds(plan);

    const run_record& measured = plan.record;
    print_table(measured);
    write_if_asked(settings.json, json_text(measured));
    write_if_asked(settings.save, json_text(measured));
    write_if_asked(settings.html, run_page(measured));
    const int compared = base ? compare_with_base(measured, *base, settings.fail_above) : 0;
    if (!measured.complete)
        return ended_by_a_signal;
    return measured_anything(measured) ? compared : nothing_measured;
}

int bars_command(const bars_settings& settings) {
    watch_interrupts();
    if (!settings.json.empty())
        require_writable(settings.json);
    const std::vector<bar> bars = all_bars();
    std::vector<std::string> names = settings.scenarios;
    if (names.empty())
        for (const bar& each : bars)
            if (std::find(names.begin(), names.end(), each.scenario) == names.end())
                names.push_back(each.scenario);
    const descriptor_limit descriptors = raise_descriptor_limit(most_descriptors);
    run_plan plan = plan_run(all_scenarios(), names, {}, full_effort());
    keep_to_bars(plan, bars);
    plan.record.machine = describe_machine(settings.command);
    plan.record.remarks = remarks_before(descriptors);
    sit_apart();
    measure_rounds(plan);

    const judged_bars judged = judge_bars(bars, plan.record);
    print_table(plan.record);
    fmt::print("\n{}", judged.text);
    write_if_asked(settings.json, json_text(plan.record));
    if (!plan.record.complete)
        return ended_by_a_signal;
    return judged.passed == judged.total ? 0 : 1;
}

int list_command() {
    for (const scenario& each : all_scenarios()) {
        if (each.only_by_name)
            continue;
        std::string sizes;
        for (const std::int64_t size : each.full_sizes)
            sizes += (sizes.empty() ? "" : " ") + grouped(size);
        fmt::print("{:<14}{}\n", each.name, each.title);
        if (!each.size_label.empty())
            fmt::print("{:<14}{}: {}\n", "", each.size_label, sizes);
        std::vector<std::string> able;
        for (const entrant& one : each.entrants) {
            const std::string missing = one.missing ? one.missing() : "";
            able.push_back(one.peer + (missing.empty() ? "" : " (" + missing + ")"));
        }
        fmt::print("{:<14}{}\n\n", "", fmt::join(able, ", "));
    }
    return 0;
}

int report_command(const report_settings& settings) {
    const run_record record = read_record(settings.record);
    if (settings.html.empty() && settings.markdown.empty())
        print_table(record);
    write_if_asked(settings.html, run_page(record));
    write_if_asked(settings.markdown, run_markdown(record));
    return 0;
}

} // namespace bench
