// SPDX-License-Identifier: BSL-1.0
// From Google Benchmark's runs to records; the progress line; the JSON file.
#include "benchmarks/micro/collector.hpp"

#include <cstdio>

#include <unistd.h>

namespace micro {
namespace {

constexpr const char* clear_line = "\r\033[K";

} // namespace

collector::collector(results& into, const std::string& heading, const std::string& json_file)
    : into_(into), heading_(heading) {
    if (!json_file.empty()) {
        json_stream_.open(json_file);
        json_.SetOutputStream(&json_stream_);
    }
}

void collector::begin_round(int round, int rounds) {
    progress_ = "round " + std::to_string(round) + " of " + std::to_string(rounds);
}

void collector::end() {
    if (::isatty(STDERR_FILENO) != 0) {
        std::fputs(clear_line, stderr);
    }
    if (json_open_) {
        json_.Finalize();
        json_stream_ << "\n";
    }
}

bool collector::ReportContext(const Context& context) {
    if (!heading_.empty()) {
        std::printf("%s\n", heading_.c_str());
        std::fflush(stdout);
        heading_.clear();
    }
    if (json_stream_.is_open() && !json_open_) {
        json_open_ = json_.ReportContext(context);
    }
    return true;
}

void collector::ReportRuns(const std::vector<Run>& runs) {
    for (const Run& run : runs) {
        if (run.run_type != Run::RT_Iteration) {
            continue;
        }
        const std::string& name = run.run_name.function_name;
        std::size_t slash = name.find('/');
        record& filed = into_.of(name.substr(0, slash), name.substr(slash + 1));
        if (run.error_occurred) {
            filed.error = filed.error.empty() ? run.error_message : filed.error;
            continue;
        }
        filed.version = run.report_label;
        sample round;
        round[""] = run.GetAdjustedRealTime();
        for (const auto& [counter, value] : run.counters) {
            round[counter] = value;
        }
        filed.samples.push_back(round);
        if (::isatty(STDERR_FILENO) != 0) {
            std::fprintf(stderr, "%s%s: %s %.1f ns", clear_line, progress_.c_str(), name.c_str(),
                         round[""]);
        }
    }
    if (json_open_) {
        json_.ReportRuns(runs);
    }
}

} // namespace micro
