// SPDX-License-Identifier: BSL-1.0
// A whole service: threads against tasks, with a library that blocks.
#include "benchmarks/scenarios/catalogue.hpp"
#include "benchmarks/scenarios/message_clients.hpp"
#include "benchmarks/scenarios/peers.hpp"
#include "benchmarks/scenarios/postgresql.hpp"
#include "benchmarks/scenarios/serving_peer.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace bench {

namespace {

using seconds = std::chrono::duration<double>;

constexpr int most_clients = 200;
// Those of a measurement that has just ended may still be on their way out.
constexpr int most_connections = 2 * most_clients + 20;

const std::string setup =
    "CREATE TABLE words (number integer PRIMARY KEY, word text NOT NULL);\n"
    "INSERT INTO words SELECT n, 'the word ' || 7 * n FROM generate_series(0, 9999) AS n;\n"
    "ANALYZE words;\n";

// Each client asks for a number of its own.
std::vector<exchange> questions(std::int64_t clients) {
    std::vector<exchange> all;
    for (std::int64_t number = 0; number < clients; ++number) {
        const std::string word = "the word " + std::to_string(7 * number);
        exchange one = http_exchange("/" + std::to_string(number));
        one.answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
                     std::to_string(word.size()) + "\r\n\r\n" + word;
        all.push_back(std::move(one));
    }
    return all;
}

using shared_database = std::shared_ptr<std::optional<postgresql>>;

entrant asking(const std::string& peer, const std::string& program,
               const shared_database& database) {
    auto run = [=](const request& wanted) {
        if (!*database)
            database->emplace(setup, most_connections);
        serving_peer server(peer, {program, (*database)->connection_info()});
        message_clients clients(server.port(), static_cast<int>(wanted.size),
                                questions(wanted.size));
        measurement result;
        server.attended([&] {
            message_loop load(clients);
            warm_up(load);
            saturate(server, load, wanted.window, result);
        });
        return result;
    };
    entrant self = side(peer, program, run, "libpq-dev");
    if (self.missing().empty()) {
        self.missing = [] { return postgresql::missing(); };
        self.package = "postgresql";
    }
    return self;
}

} // namespace

std::vector<scenario> mixed_scenarios() {
    auto database = std::make_shared<std::optional<postgresql>>();
    return {{
        .name = "mixed",
        .title = "A service that asks PostgreSQL for each request",
        .about =
            "Accept, parse a request with a number in its path, ask PostgreSQL by libpq (a "
            "connection for each client, a prepared statement on a table of 10,000 rows), answer. "
            "One source with a thread for each client, built twice: with std::thread, and with "
            "weft::green::thread and libweft-interpose, where libpq's blocking calls suspend a "
            "task. A closed loop; the database, and the load with it, has the other core.",
        .not_shown = "The database's own time, which is most of what a request takes and the same "
                     "for both, so that the throughput differs less than the CPU time. A pool of "
                     "connections, which would serve more clients.",
        .size_label = "clients",
        .quick_sizes = {16},
        .full_sizes = {16, 64, most_clients},
        .figures = saturation_figures("a request"),
        .entrants = {asking("weft", "peer_ported_mixed", database),
                     asking("threads", "peer_threads_mixed", database)},
        .quick_window = seconds(0.1),
        .full_window = seconds(0.5),
        .prepare =
            [database](const std::vector<std::string>&) {
                if (!*database)
                    database->emplace(setup, most_connections);
            },
    }};
}

} // namespace bench
