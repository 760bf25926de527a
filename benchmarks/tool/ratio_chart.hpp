// SPDX-License-Identifier: BSL-1.0
// Ratios with their intervals, a row each, on a logarithmic axis with 1 marked.
//
// Invariant: half as much and twice as much are equally far from 1; an interval that is not known
// is not drawn.
#pragma once

#include "benchmarks/tool/statistics.hpp"

#include <string>
#include <vector>

namespace bench {

struct ratio_row {
    std::string label;
    estimate ratio;
    std::string text; // behind the row
    std::string style;
    std::size_t shape = 0;
    std::string tooltip;
};

struct ratio_chart {
    std::string title;
    std::string axis_label; // "weft / peer: left of 1 weft needs less"
    std::vector<ratio_row> rows;
};

std::string draw(const ratio_chart&); // a <figure>; "" without rows

} // namespace bench
