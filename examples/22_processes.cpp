// SPDX-License-Identifier: BSL-1.0
//
// Other programs: one that is fed and read, three in a row as in a shell's pipeline, and one that
// takes too long.
//
//     22_processes
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;
using weft::stdio;

namespace {

std::string sorted(const std::string& lines) {
    return weft::start_process({"sort"}).communicate(lines).out;
}

// seq 1 30 | grep 7 | tail -n 1
std::string last_with_a_seven() {
    auto numbers = weft::start_process({"seq", "1", "30"}, {.in = stdio::null});
    auto sevens = weft::start_process({"grep", "7"}, {.in = stdio(numbers.out().native_handle())});
    numbers.out().close(); // it is grep's now
    auto last =
        weft::start_process({"tail", "-n", "1"}, {.in = stdio(sevens.out().native_handle())});
    sevens.out().close();
    return last.communicate().out;
}

void lose_patience() {
    auto slow = weft::start_process({"sh", "-c", "echo begun; exec sleep 1000"});
    try {
        weft::with_timeout(100ms, [&] { slow.communicate(); });
    } catch (const weft::timeout_error&) {
        slow.terminate();
        std::cout << "ended by signal " << -slow.wait() << "\n";
    }
}

} // namespace

int main() {
    weft::run([] {
        std::cout << sorted("weft\nheddle\nwarp\n") << last_with_a_seven();
        lose_patience();
        auto failing = weft::start_process({"sh", "-c", "echo no such thread >&2; exit 3"});
        const weft::process_output output = failing.communicate();
        std::cout << "exit code " << failing.wait() << ": " << output.err;
    });
}
