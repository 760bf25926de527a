// SPDX-License-Identifier: BSL-1.0
// comparison: see the header.
#include "benchmarks/tool/comparison.hpp"

#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

namespace bench {

namespace {

measured_case counted_case(int count) {
    measured_case self;
    self.id = std::to_string(count);
    self.label = grouped(count);
    self.scale = count;
    return self;
}

metric unseen(std::string id, std::string label, std::string unit,
              better direction = better::lower) {
    return {std::move(id), std::move(label), std::move(unit), direction, false};
}

} // namespace

block connections_block() {
    block self;
    self.id = "connections";
    self.title = "Connections held open";
    self.about = fmt::format(
        "All connections stay open. {} requests are under way at any time (10 with 10 "
        "connections), "
        "spread over all of them in turn; an answer makes the next request go out at once (closed "
        "loop), so the server works at saturation and its latency is mostly queueing.",
        requests_in_flight);
    self.case_label = "connections";
    self.metrics = {
        {"requests_per_second", "requests served per second", "", better::higher},
        {"server_cpu_us", "server CPU per request", "us", better::lower},
        {"latency_p50_us", "latency p50 at saturation", "us", better::lower},
        {"latency_p99_us", "latency p99 at saturation", "us", better::lower},
        {"memory_kib", "memory per connection", "KiB", better::lower},
        unseen("memory_user_kib", "user memory", "KiB"),
        unseen("memory_page_tables_kib", "page tables", "KiB"),
        unseen("memory_kernel_stacks_kib", "kernel stacks of threads", "KiB"),
        unseen("memory_kernel_objects_kib", "kernel objects beyond the sockets", "KiB"),
        unseen("latency_max_us", "longest latency", "us"),
        unseen("server_busy_percent", "server's core busy", "%"),
        unseen("generator_busy_percent", "load generator's core busy", "%"),
        unseen("connect_ms", "opening all connections", "ms"),
        unseen("held", "connections held", "", better::higher),
        unseen("lost", "connections lost under load", ""),
    };
    for (const int count : held_connections)
        self.cases.push_back(counted_case(count));
    return self;
}

block waiting_block() {
    block self;
    self.id = "waiting";
    self.title = fmt::format("{} concurrent requests, each waits 100 ms in the server",
                             grouped(waiting_requests));
    self.about = "The connections are open when the clock starts; then every one of them asks at "
                 "once, and the handler sleeps 100 ms before it answers. 100 ms is the least "
                 "possible.";
    self.case_label = "requests";
    self.metrics = {
        {"answered", "requests answered", "", better::higher},
        {"failed", "requests failed", "", better::lower},
        {"wall_ms", "until the last answer", "ms", better::lower, true, true},
        {"server_cpu_ms", "server CPU for all of them", "ms", better::lower, true, true},
        {"connect_ms", "opening the connections before", "ms", better::lower, true, true},
        {"connect_server_cpu_ms", "server CPU for opening them", "ms", better::lower, true, true},
    };
    self.cases.push_back(counted_case(waiting_requests));
    return self;
}

block unit_costs_block() {
    block self;
    self.id = "unit_costs";
    self.title = "One fiber, one thread";
    self.about = "Without any I/O, on one core: start one that does nothing and join it; hand the "
                 "core from one to another. For threads the faster of sched_yield and mutex with "
                 "condition variable is taken.";
    self.metrics = {
        {"create_join_ns", "create and join", "ns", better::lower},
        {"switch_ns", "switch to another one", "ns", better::lower},
        unseen("switch_by_yield_ns", "switch by yield", "ns"),
        unseen("switch_by_wake_ns", "switch by condition variable", "ns"),
    };
    self.cases.push_back({"one", "", 1, {}, {}});
    return self;
}

block all_cores_block(std::size_t cores) {
    block self;
    self.id = "all_cores";
    self.title = fmt::format("Threads on all {} cores, fibers still on one", cores);
    self.about = fmt::format(
        "{} connections as above, but the thread server may use every core; the load generator "
        "needs one of them too. The fibers' figures are those of the first block.",
        grouped(all_cores_connections));
    self.case_label = "connections";
    self.metrics = {
        {"requests_per_second", "requests served per second", "", better::higher},
        {"server_cpu_us", "server CPU per request", "us", better::lower},
        {"latency_p50_us", "latency p50 at saturation", "us", better::lower},
        {"latency_p99_us", "latency p99 at saturation", "us", better::lower},
    };
    self.cases.push_back(counted_case(all_cores_connections));
    return self;
}

} // namespace bench
