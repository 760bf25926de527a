// SPDX-License-Identifier: BSL-1.0
// methodology: see the header.
#include "tests/bench/methodology.hpp"

#include "benchmarks/scenarios/catalogue.hpp"

#include <stdexcept>

namespace bench_test {

namespace {

constexpr std::string_view beginning = "<!-- scenarios -->\n";
constexpr std::string_view ending = "<!-- end of scenarios -->\n";

} // namespace

std::string scenarios_section() {
    std::string text = "\n";
    for (const bench::scenario& each : bench::all_scenarios())
        if (!each.only_by_name) // checks of weft-bench itself
            text += "* **`" + each.name + "`** (" + each.title +
                    ") does not show: " + each.not_shown + "\n";
    return text + "\n";
}

std::string with_section(const std::string& document) {
    const std::size_t from = document.find(beginning);
    const std::size_t to = document.find(ending);
    if (from == std::string::npos || to == std::string::npos || to < from)
        throw std::runtime_error("the marks of the section are missing");
    return document.substr(0, from + beginning.size()) + scenarios_section() + document.substr(to);
}

} // namespace bench_test
