// SPDX-License-Identifier: BSL-1.0
//
// A job over many files at once, at most four at a time: each is read, counted, and its count
// appended to a report. Storage is waited for by threads, so the loop goes on.
//
//     23_files
#include <weft/weft.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <stdlib.h>

namespace {

void count_lines(const std::filesystem::path& path, weft::file& report, weft::semaphore& places) {
    const weft::permit held(places);
    const std::string text = weft::read_file(path);
    const auto lines = std::count(text.begin(), text.end(), '\n');
    report.append(path.filename().string() + ": " + std::to_string(lines) + " lines\n");
}

void run_in(const std::filesystem::path& folder) {
    for (int i = 1; i <= 9; ++i) {
        std::string text;
        for (int line = 0; line < i * 100; ++line) {
            text += "a thread\n";
        }
        weft::write_file(folder / ("cloth" + std::to_string(i)), text);
    }
    weft::file report = weft::file::open(folder / "report", {.write = true, .create = true});
    weft::semaphore places(4);
    weft::with_task_group([&](weft::task_group& group) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().filename() != "report") {
                group.spawn([&, path = entry.path()] { count_lines(path, report, places); });
            }
        }
    });
    report.sync();
    std::cout << weft::start_process({"sort"}).communicate(report.read_at(0, 10'000)).out;
    try {
        weft::read_file(folder / "velvet");
    } catch (const std::system_error& e) {
        std::cout << "no velvet: " << e.code().message() << "\n";
    }
}

} // namespace

int main() {
    std::string folder = (std::filesystem::temp_directory_path() / "weft-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        return 1;
    }
    weft::run([&] { run_in(folder); });
    std::filesystem::remove_all(folder);
}
