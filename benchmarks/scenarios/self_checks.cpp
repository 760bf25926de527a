// SPDX-License-Identifier: BSL-1.0
// Scenarios with a known answer, by which the tool is tested: two sides that are the same program
// doing the same, and one that does twice as much. They run only when they are named.
#include "benchmarks/scenarios/asking.hpp"
#include "benchmarks/scenarios/catalogue.hpp"

namespace bench {

namespace {

entrant reference(const std::string& peer, const std::string& command) {
    const auto right = [](std::int64_t check, std::int64_t operations, std::int64_t) {
        return check == operations;
    };
    return ask_peers({peer}, {.command = command, .right = right}).front();
}

scenario check_named(const std::string& name, const std::string& title, const std::string& other,
                     const std::string& command) {
    scenario self;
    self.name = name;
    self.title = title;
    self.about = "A check of weft-bench itself.";
    self.not_shown = "Anything about any runtime.";
    self.quick_sizes = self.full_sizes = {0};
    self.figures = {cpu_figure(), wall_figure()};
    self.entrants = {reference("reference", "work"), reference(other, command)};
    self.only_by_name = true;
    return self;
}

} // namespace

std::vector<scenario> self_check_scenarios() {
    return {
        check_named("identical", "The same program twice", "reference-twin", "work"),
        check_named("twice", "A program that does twice as much", "reference-twice", "work_twice"),
    };
}

} // namespace bench
