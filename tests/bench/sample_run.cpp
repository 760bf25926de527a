// SPDX-License-Identifier: BSL-1.0
// sample_run: see the header.
#include "tests/bench/sample_run.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

namespace bench_test {

namespace {

using bench::figure;

const figure cpu{"cpu_ns", "CPU time of an operation", "ns"};
const figure wall{"wall_ns", "time of an operation", "ns"};
const figure request_cpu{"cpu_us", "server's CPU time for a request", "us"};
const figure per_second{"per_second", "requests a second", "1/s", false};
const figure offered{"offered_per_second", "offered requests a second", "1/s", false, false};
const figure p50{"p50_us", "latency p50", "us"};
const figure p99{"p99_us", "latency p99", "us"};
const figure p999{"p99.9_us", "latency p99.9", "us"};
const figure bytes{"bytes", "memory of one", "B"};
const figure wall_ms{"wall_ms", "time for all of them", "ms"};
const figure cpu_ms{"cpu_ms", "server's CPU time", "ms"};
const figure answered{"answered", "answered", "", false, false};

struct outline {
    std::string name, title, size_label;
    std::vector<std::int64_t> sizes;
    std::vector<figure> figures;
    std::vector<double> values; // of weft, at the first size
    double growth = 0;          // with each power of ten of the size
    std::vector<std::string> peers;
};

const std::vector<std::string> all{"threads", "boost.fiber", "state-threads", "asio", "go",
                                   "asyncio", "uvloop",      "gevent",        "epoll"};
const std::vector<std::string> languages{"threads", "boost.fiber", "asio",
                                         "go",      "asyncio",     "uvloop"};
const std::vector<std::int64_t> crowds{10, 100, 1000, 10'000, 100'000, 1'000'000};
const std::vector<std::int64_t> connections{1, 64, 1000, 10'000};

const std::vector<outline>& outlines() {
    static const std::vector<outline> list{
        {"create_join",
         "A task is made and joined",
         "alive at once",
         crowds,
         {cpu, wall},
         {95, 96},
         .06,
         all},
        {"switch",
         "Tasks yield in turn",
         "tasks",
         {2, 100, 10'000, 1'000'000},
         {cpu, wall},
         {18, 18.2},
         .2,
         all},
        {"ping_pong", "Two tasks wake each other", "", {0}, {cpu, wall}, {41, 41.5}, 0, all},
        {"ring",
         "A token goes round",
         "members",
         {10, 1000, 100'000},
         {cpu, wall},
         {38, 38.4},
         .1,
         languages},
        {"skynet",
         "A tree of 1,111,111 tasks",
         "",
         {1'111'111},
         {cpu, wall},
         {140, 141},
         0,
         {"boost.fiber", "go"}},
        {"queue",
         "A queue hands items over",
         "capacity",
         {1, 128, 0},
         {cpu, wall},
         {60, 61},
         0,
         languages},
        {"mutex",
         "Tasks want one lock",
         "contenders",
         {2, 100, 1000},
         {cpu, wall},
         {22, 22},
         .02,
         languages},
        {"timers",
         "Timers, half of them given up",
         "timers",
         {1000, 100'000, 1'000'000},
         {cpu, wall},
         {210, 214},
         .3,
         languages},
        {"timeout",
         "A time limit around nothing",
         "timers armed",
         {0, 1000, 1'000'000},
         {cpu, wall},
         {55, 55},
         .05,
         languages},
        {"cancel",
         "Parked tasks are cancelled",
         "tasks",
         {1000, 100'000},
         {cpu, wall},
         {180, 181},
         .1,
         {"asyncio", "uvloop", "go"}},
        {"memory",
         "What a waiting task takes",
         "tasks",
         {10'000, 100'000, 1'000'000},
         {bytes},
         {4300},
         -.01,
         all},
        {"start_up",
         "An empty program",
         "",
         {0},
         {figure{"start_ms", "start to end", "ms"},
          figure{"file_bytes", "program and libraries", "B"}},
         {2.1, 410'000},
         0,
         all},
        {"echo",
         "Echo over TCP",
         "connections",
         connections,
         {request_cpu, per_second, p50, p99, p999, offered},
         {4.1, 180'000, 40, 96, 180, 20'000},
         .08,
         all},
        {"http",
         "HTTP over TCP",
         "connections",
         connections,
         {request_cpu, per_second, p50, p99, p999, offered},
         {5.2, 150'000, 44, 110, 260, 9000},
         .09,
         all},
        {"waiting",
         "10,000 requests wait for 100 ms",
         "",
         {10'000},
         {wall_ms, cpu_ms, answered},
         {190, 88, 10'000},
         0,
         all},
        {"connect", "A connection for each request", "", {64}, {request_cpu}, {21}, 0, all},
        {"ported",
         "A server for threads, unchanged",
         "connections",
         {64, 1000},
         {request_cpu},
         {6.5},
         .1,
         {"threads"}},
        {"bulk",
         "1 GiB through a connection",
         "",
         {0},
         {cpu_ms},
         {310},
         0,
         {"threads", "go", "asio"}},
        {"mixed",
         "A service with a database",
         "connections",
         {64},
         {request_cpu, p50, p99},
         {70, 300, 900},
         0,
         {"threads"}},
        {"computing",
         "Requests that compute for 1 ms",
         "connections",
         {64},
         {request_cpu, p50, p99},
         {1012, 1900, 6800},
         0,
         {"threads", "go", "asyncio"}},
    };
    return list;
}

const std::map<std::string, double> factors{
    {"weft", 1}, {"threads", 9.5}, {"boost.fiber", 2.1}, {"state-threads", 1.01}, {"asio", 1.6},
    {"go", 3.3}, {"asyncio", 160}, {"uvloop", 52},       {"gevent", 31},          {"epoll", .93},
};

class maker {
  public:
    maker(std::uint64_t seed, double slower) : random_(seed), slower_(slower) {}

    bench::scenario_record scenario(const outline&);

  private:
    bench::point_record point(const outline&, std::size_t place);
    bench::side_record side(const outline&, const std::string& peer, std::size_t place, int rounds);

    std::mt19937_64 random_;
    double slower_;
};

// What a peer cannot reach, and what went wrong, as the scenarios and the engine say it.
std::string shortfall_of(const outline& from, const std::string& peer, std::int64_t size) {
    if (peer == "threads" && size > 10'000)
        return "not measured above 10,000: a thread needs 16 KiB of the kernel's memory, and the "
               "limit is 32,768";
    if (peer == "asyncio" && from.name == "create_join" && size == 1'000'000)
        return "not measured above 100,000: it takes 40 s";
    if (peer == "go" && from.name == "http" && size == 10'000)
        return "two of 8 rounds failed: the server ended with status 2";
    return "";
}

bench::side_record maker::side(const outline& from, const std::string& peer, std::size_t place,
                               int rounds) {
    const std::int64_t size = from.sizes[place];
    bench::side_record self{
        peer, "1." + std::to_string(peer.size()), {}, shortfall_of(from, peer, size)};
    const double growth =
        1 +
        from.growth * std::log10(std::max<double>(
                          1, static_cast<double>(size) /
                                 static_cast<double>(std::max<std::int64_t>(1, from.sizes[0]))));
    for (int round = 0; round < rounds; ++round) {
        std::map<std::string, double> values;
        for (std::size_t i = 0; i < from.figures.size(); ++i) {
            const figure& which = from.figures[i];
            const double noise = std::exp(.012 * std::normal_distribution<>{}(random_));
            const double factor = which.compared ? factors.at(peer) : 1;
            const double shift = growth * factor * (peer == "weft" ? slower_ : 1);
            values[which.id] = from.values[i] * noise * (which.less_is_better ? shift : 1 / shift);
        }
        const bool failed = peer == "go" && !self.shortfall.empty() && round < 2;
        if (failed)
            self.rounds.emplace_back();
        else
            self.rounds.emplace_back(std::move(values));
    }
    if (self.shortfall.starts_with("not measured"))
        self.rounds.assign(self.rounds.size(), std::nullopt);
    return self;
}

bench::point_record maker::point(const outline& from, std::size_t place) {
    const int rounds = from.name == "mixed" ? 4 : 6 + static_cast<int>(random_() % 9);
    bench::point_record self{from.sizes[place], {}, rounds, from.name == "http" && place == 3};
    self.sides.push_back(side(from, "weft", place, rounds));
    for (const std::string& peer : from.peers)
        if (peer != "gevent")
            self.sides.push_back(side(from, peer, place, rounds));
    return self;
}

bench::scenario_record maker::scenario(const outline& from) {
    bench::scenario_record self{from.name,
                                from.title,
                                "What is done, and what the figures count.",
                                "What must not be concluded from it: a <network>, \"work\" & more.",
                                from.size_label,
                                from.figures,
                                {},
                                {}};
    for (std::size_t place = 0; place < from.sizes.size(); ++place)
        self.points.push_back(point(from, place));
    if (std::find(from.peers.begin(), from.peers.end(), "gevent") != from.peers.end())
        self.absent.push_back("gevent: missing; install python3-gevent");
    return self;
}

nlohmann::json machine() {
    return {{"processor", "Example 9000 Processor"},
            {"cores", 2},
            {"memory", "15.6 GiB"},
            {"frequency governor", "performance"},
            {"system", "Debian GNU/Linux 12 (bookworm)"},
            {"kernel", "Linux 6.1.0-18-amd64 x86_64"},
            {"compiler", "g++ 12.2.0"},
            {"build", "release"},
            {"versions", {{"weft", "0.1.0"}, {"Boost", "1.74"}, {"glibc", "2.36"}}},
            {"limits", {{"descriptors", "1048576"}}},
            {"date", "2026-11-20 19:43:56 UTC"},
            {"command", "weft-bench run --full --json '</script><b>.json'"}};
}

std::vector<bench::peer_record> peers() {
    return {{"weft", "weft", "0.1.0", ""},
            {"threads", "threads", "glibc 2.36", ""},
            {"boost.fiber", "Boost.Fiber", "1.74", ""},
            {"state-threads", "State Threads", "1.9", ""},
            {"asio", "Asio", "1.74", ""},
            {"go", "Go", "go1.19.8", ""},
            {"asyncio", "asyncio", "Python 3.11.2", ""},
            {"uvloop", "uvloop", "0.17.0", ""},
            {"gevent", "gevent", "", "install python3-gevent"},
            {"epoll", "epoll", "", ""}};
}

} // namespace

bench::run_record sample_run(std::uint64_t seed, double slower) {
    maker make(seed, slower);
    bench::run_record self{machine(),
                           "full",
                           1490.5,
                           true,
                           {"The frequency governor is not known: figures may wander."},
                           peers(),
                           {}};
    for (const outline& each : outlines())
        self.scenarios.push_back(make.scenario(each));
    return self;
}

bench::run_record small_run(const std::vector<sample_side>& sides, std::int64_t size) {
    bench::point_record point{size, {}, 0, false};
    for (const sample_side& each : sides) {
        bench::side_record side{each.peer, "1", {}, ""};
        for (const double value : each.values)
            side.rounds.emplace_back(std::map<std::string, double>{{"cpu_ns", value}});
        point.rounds = std::max(point.rounds, static_cast<int>(each.values.size()));
        point.sides.push_back(std::move(side));
    }
    bench::run_record self{machine(), "default", 3, true, {}, peers(), {}};
    self.scenarios.push_back({"switch",
                              "Tasks yield in turn",
                              "What is done.",
                              "What is not.",
                              "tasks",
                              {cpu},
                              {point},
                              {}});
    return self;
}

} // namespace bench_test
