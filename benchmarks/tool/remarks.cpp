// SPDX-License-Identifier: BSL-1.0
// remarks: see the header.
#include "benchmarks/tool/remarks.hpp"

#include "benchmarks/tool/build_versions.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace bench {

namespace {

// A closed loop keeps one of the two cores full: the server's, or the generator's if that is the
// slower one. When neither is, other processes had their share of them.
constexpr double full_percent = 92;

enum class bottleneck { server, generator, elsewhere };

bottleneck bottleneck_of(const measured_case& self, side which) {
    const auto server = value_of(self, "server_busy_percent", which);
    const auto generator = value_of(self, "generator_busy_percent", which);
    if (!server || !generator || server->median > full_percent)
        return bottleneck::server;
    return generator->median > full_percent ? bottleneck::generator : bottleneck::elsewhere;
}

void add_bottleneck_remarks(results& self) {
    const block* connections = self.block_named("connections");
    bool disturbed = false;
    for (const side which : compared_sides) {
        std::vector<std::string> labels;
        for (const measured_case& each : connections->cases) {
            const bottleneck found = bottleneck_of(each, which);
            disturbed = disturbed || found == bottleneck::elsewhere;
            if (found == bottleneck::generator)
                labels.push_back(each.label);
        }
        if (!labels.empty())
            self.remarks.push_back(fmt::format(
                "At {} connections the server with {} was not quite saturated: the load "
                "generator's "
                "core was. It could have served more requests per second than shown; its CPU per "
                "request is not affected.",
                joined(labels), name_of(which)));
    }
    if (disturbed)
        self.remarks.push_back("Other processes used these cores during the run: requests per "
                               "second and latencies are worse than the machine allows. Run it "
                               "again when the machine is idle.");
}

} // namespace

std::string descriptor_remark(const descriptor_limit& limit) {
    return fmt::format("The limit of open descriptors is {} where {} are needed, and may not be "
                       "raised here: start it with a higher hard limit (ulimit -Hn), or as root.",
                       grouped(static_cast<std::int64_t>(limit.granted)),
                       grouped(static_cast<std::int64_t>(limit.needed)));
}

std::string shared_core_remark() {
    return "Only one core may be used, so server and load generator share it: requests per second "
           "and latencies contain the generator's work. CPU per request and memory do not.";
}

std::string time_remark(int rounds, int planned) {
    return fmt::format("Ended after {} of {} rounds, to stay under two minutes.", rounds, planned);
}

std::string interrupted_remark(int rounds, int planned) {
    return fmt::format("Interrupted: {} of {} rounds are complete.", rounds, planned);
}

void add_final_remarks(results& self) {
    if (self.complete && self.rounds == 1)
        self.remarks.push_back("One round only: differences of a few percent may be noise.");
    if (std::string_view(build_versions::build_type).starts_with("debug"))
        self.remarks.push_back("This is a debug build: its figures say nothing about a release.");
    add_bottleneck_remarks(self);
}

bool nothing_compared(const results& self) {
    for (const block& each : self.blocks)
        for (const measured_case& one : each.cases)
            for (const metric& which : each.metrics)
                if (advantage_of(one, which))
                    return false;
    return true;
}

} // namespace bench
