// SPDX-License-Identifier: BSL-1.0
// `weft-bench run`, `list` and `report`: from what was asked to the files that were asked for.
//
// Invariant: whatever was measured is shown and written, also after Ctrl-C; files that cannot be
// written are an error before anything is measured.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bench {

struct run_settings {
    std::vector<std::string> scenarios; // none: all
    std::vector<std::string> against;   // ids of peers; none: all
    bool quick = false;
    bool full = false;
    bool install_peers = false;
    std::string json; // files; empty: none
    std::string html;
    std::string save;
    std::string compare;
    std::optional<double> fail_above;
    std::vector<std::string> command;
};

// run_command returns the exit status: 0; 1 when nothing could be measured; 3 when the comparison
// with a base shows a change above the limit; 130 after Ctrl-C.
int run_command(const run_settings&);

int list_command();

struct report_settings {
    std::string record; // what --json or --save wrote
    std::string html;
    std::string markdown;
};

int report_command(const report_settings&);

} // namespace bench
