// SPDX-License-Identifier: BSL-1.0
// Writes every report of the sample run, or of a record, into a folder: what the page's test opens
// in a browser, and what one looks at.
//
//     sample_reports FOLDER [RECORD]
#include "benchmarks/tool/run_compare.hpp"
#include "benchmarks/tool/run_markdown.hpp"
#include "benchmarks/tool/run_page.hpp"
#include "benchmarks/tool/run_text.hpp"
#include "tests/bench/sample_run.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

void write(const std::filesystem::path& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
}

std::string read(const std::filesystem::path& path) {
    std::stringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 3) {
        std::fputs("usage: sample_reports FOLDER [RECORD]\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    const auto run = argc == 3 ? bench::read_run(read(argv[2]), argv[2]) : bench_test::sample_run();
    write(folder / "run.json", bench::json_text(run));
    write(folder / "report.html", bench::run_page(run));
    write(folder / "run-80.txt", bench::run_table(run, 80));
    write(folder / "run-120.txt", bench::run_table(run, 120, true));
    write(folder / "benchmarks.md", bench::run_markdown(run));
    const auto changes = bench::compare_runs(run, bench_test::sample_run(2, 1.1));
    write(folder / "compare-80.txt", bench::compare_text(changes, 80));
    write(folder / "compare-120.txt", bench::compare_text(changes, 120));
    return 0;
}
