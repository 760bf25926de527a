// SPDX-License-Identifier: BSL-1.0
// How figures become rows, and rows a verdict.
#include "benchmarks/micro/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

namespace micro {
namespace {

constexpr int name_width = 40;
constexpr int value_width = 14;

// Four significant digits, and never an exponent.
std::string short_number(double value) {
    int magnitude = value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value))));
    int decimals = std::clamp(3 - magnitude, 0, 3);
    char text[64];
    std::snprintf(text, sizeof(text), "%.*f", decimals, value);
    return text;
}

void print_cell(const std::string& text) {
    std::printf("%*s", value_width, text.c_str());
}

bool built(const entrant& one) {
    return std::filesystem::exists(program_path(one.program));
}

std::string why_missing(const entrant& one) {
    return one.package.empty() ? "not built"
                               : "missing; install " + one.package + " and configure again";
}

void print_entrant(const scenario& which, const entrant& one, const results& found) {
    const record* all = found.find(which.name, one.name);
    if (!built(one)) {
        std::printf("  %-*s%s\n", name_width - 2, one.name.c_str(), why_missing(one).c_str());
        return;
    }
    if (all == nullptr) {
        return; // filtered out
    }
    if (!all->error.empty()) {
        std::printf("  %-*sFAILED: %s\n", name_width - 2, one.name.c_str(), all->error.c_str());
        return;
    }
    std::printf("  %-*s", name_width - 2, (one.name + " " + all->version).c_str());
    for (const auto& [counter, heading] : which.columns) {
        auto value = found.value(which.name, one.name, counter);
        print_cell(value ? short_number(value->median) : "-");
    }
    auto ratio = found.ratio(which.name, "weft", one.name, which.columns.front().counter);
    print_cell(ratio && one.name != "weft" ? short_number(ratio->median) : "");
    std::printf("\n");
}

// A scenario that the filter left out is not mentioned.
bool was_run(const scenario& which, const results& found) {
    return std::any_of(which.entrants.begin(), which.entrants.end(), [&](const entrant& one) {
        return found.find(which.name, one.name) != nullptr;
    });
}

void print_scenario(const scenario& which, const results& found) {
    std::printf("\n%s\n%*s", which.title.c_str(), name_width, "");
    for (const auto& [counter, heading] : which.columns) {
        print_cell(heading);
    }
    print_cell("weft / this");
    std::printf("\n");
    for (const entrant& one : which.entrants) {
        print_entrant(which, one, found);
    }
}

constexpr const char* filtered_out = "not measured";

struct judgement {
    std::string what;
    std::string measured = "-";
    std::string range = "-";
    std::string limit;
    std::string verdict;
};

const entrant* find_entrant(const plan& measured, const bar& one, const std::string& name) {
    for (const scenario& which : measured.scenarios) {
        for (const entrant& candidate : which.entrants) {
            if (which.name == one.scenario && candidate.name == name) {
                return &candidate;
            }
        }
    }
    return nullptr;
}

judgement judge(const plan& measured, const bar& one, const results& found) {
    bool absolute = one.against.empty();
    judgement result{.what = one.text + (absolute ? "" : ", " + one.judged + " / " + one.against),
                     .limit = short_number(one.limit),
                     .verdict = {}};
    auto value = absolute ? found.value(one.scenario, one.judged, one.counter)
                          : found.ratio(one.scenario, one.judged, one.against, one.counter);
    const record* ours = found.find(one.scenario, one.judged);
    const entrant* theirs = find_entrant(measured, one, absolute ? one.judged : one.against);
    const entrant* weft = find_entrant(measured, one, one.judged);
    if (theirs == nullptr || weft == nullptr) {
        result.verdict = "FAILED: no such scenario or entrant";
    } else if (!built(*theirs) || !built(*weft)) {
        result.verdict = "NOT JUDGED: " + why_missing(built(*weft) ? *theirs : *weft);
    } else if (ours == nullptr || found.find(one.scenario, theirs->name) == nullptr) {
        result.verdict = filtered_out;
    } else if (!ours->error.empty() || !found.find(one.scenario, theirs->name)->error.empty()) {
        result.verdict = "FAILED";
    } else if (!value) {
        result.verdict = "NOT JUDGED: this machine does not tell";
    } else {
        result.measured = short_number(value->median);
        result.range = short_number(value->low) + ".." + short_number(value->high);
        result.verdict = value->median <= one.limit ? "PASS" : "MISS";
    }
    return result;
}

void write_bar(std::ofstream& file, const judgement& one) {
    file << one.what << '\t' << one.measured << '\t' << one.range << '\t' << one.limit << '\t'
         << one.verdict << '\n';
}

} // namespace

bool print_summary(const plan& measured, const results& found, const std::string& bars_file) {
    for (const scenario& which : measured.scenarios) {
        if (was_run(which, found)) {
            print_scenario(which, found);
        }
    }
    std::ofstream file;
    if (!bars_file.empty()) {
        file.open(bars_file);
    }
    std::printf("\n%-50s%10s%20s%10s\n", "bar", "measured", "lowest..highest", "at most");
    bool met = true;
    for (const bar& one : measured.bars) {
        judgement result = judge(measured, one, found);
        if (result.verdict == filtered_out) {
            continue;
        }
        std::printf("%-50s%10s%20s%10s  %s\n", result.what.c_str(), result.measured.c_str(),
                    result.range.c_str(), result.limit.c_str(), result.verdict.c_str());
        met = met && result.verdict != "MISS" && !result.verdict.starts_with("FAILED");
        if (file.is_open()) {
            write_bar(file, result);
        }
    }
    std::printf("\n");
    std::fflush(stdout);
    return met;
}

} // namespace micro
