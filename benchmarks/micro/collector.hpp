// SPDX-License-Identifier: BSL-1.0
// The Google Benchmark reporter of these programs: it files every run under scenario and entrant,
// shows on a terminal what is running, and passes all on to a JSON file when one is asked for.
// Nothing is judged here; the summary does that when all rounds are in.
#pragma once

#include "benchmarks/micro/results.hpp"

#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <vector>

namespace micro {

class collector : public benchmark::BenchmarkReporter {
  public:
    // collector prints the heading when the first round begins, and writes Google Benchmark's JSON
    // to that file; an empty name writes none.
    collector(results& into, const std::string& heading, const std::string& json_file);

    void begin_round(int round, int rounds);
    void end(); // after the last round

    bool ReportContext(const Context& context) override;
    void ReportRuns(const std::vector<Run>& runs) override;

  private:
    results& into_;
    std::string heading_;
    std::ofstream json_stream_;
    benchmark::JSONReporter json_;
    bool json_open_ = false;
    std::string progress_;
};

} // namespace micro
