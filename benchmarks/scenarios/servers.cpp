// SPDX-License-Identifier: BSL-1.0
// Servers under load, on connections that stay open: an echo and HTTP. Saturation first, in the
// closed loop, then latency at an offered rate that all sides get.
#include "benchmarks/scenarios/catalogue.hpp"
#include "benchmarks/scenarios/message_clients.hpp"
#include "benchmarks/scenarios/offering.hpp"
#include "benchmarks/scenarios/serving_peer.hpp"

#include <memory>
#include <string>
#include <utility>

namespace bench {

namespace {

using seconds = std::chrono::duration<double>;

constexpr double saturated_share = 0.4; // of the window, beside the offered load that lasts for it
constexpr int probe_connections = 64;   // whatever the size: the rate is the same for all
constexpr seconds probe_window{0.05};

class service {
  public:
    service(std::string peer, const std::string& name, exchange asked,
            std::shared_ptr<offered_rate> rate)
        : peer_(std::move(peer)),
          command_(service_command(peer_, name)),
          exchange_(std::move(asked)),
          rate_(std::move(rate)) {}

    measurement operator()(const request& wanted) const {
        measurement result;
        result.shortfall = descriptor_shortfall(wanted.size);
        if (!result.shortfall.empty())
            return result;
        const double per_second = rate_->per_second(wanted.peers);
        serving_peer server(peer_, command_);
        message_clients clients(server.port(), static_cast<int>(wanted.size), {exchange_});
        server.attended([&] {
            saturate_with(server, clients, wanted.window * saturated_share, result);
            offer_and_tell(server, clients, per_second, wanted.window, result);
        });
        return result;
    }

    double probe() const {
        serving_peer server(peer_, command_);
        message_clients clients(server.port(), probe_connections, {exchange_});
        measurement result;
        saturate_with(server, clients, probe_window, result);
        return result.values["per_second"];
    }

  private:
    // The loop's epoll is gone when the load is offered: the server pays for the waking of both.
    static void saturate_with(const serving_peer& server, message_clients& clients, seconds window,
                              measurement& result) {
        message_loop load(clients);
        warm_up(load);
        saturate(server, load, window, result);
    }

    std::string peer_;
    std::vector<std::string> command_;
    exchange exchange_;
    std::shared_ptr<offered_rate> rate_;
};

std::vector<entrant> all_serving(const std::string& name, const exchange& asked,
                                 const std::shared_ptr<offered_rate>& rate) {
    std::vector<entrant> entrants;
    for (const std::string& peer : serving_peers()) {
        const service self(peer, name, asked, rate);
        rate->add(peer, [self] { return self.probe(); });
        entrants.push_back(side(peer, service_command(peer, name).front(), self));
    }
    return entrants;
}

std::vector<figure> service_figures(const std::string& answer) {
    std::vector<figure> figures = saturation_figures(answer);
    for (figure& each : offered_figures())
        figures.push_back(std::move(each));
    return figures;
}

constexpr const char* how =
    " Two parts: in a closed loop, where each client asks again when it has its answer, the server "
    "is saturated; then requests are offered at a fixed rate, three tenths of what the slowest "
    "side can do, at instants as random as those of independent clients and the same for every "
    "side. Each is timed from the instant it was planned for, so that a server that stops for a "
    "while pays for all that was to come meanwhile.";

constexpr const char* not_shown =
    "A network: all is on the loopback interface, whose own cost is the larger part of the "
    "server's. More than one core: each runtime has one, also those that would use all. What an "
    "application adds: the more it does for a request, the less of the difference is left.";

} // namespace

std::vector<scenario> server_scenarios() {
    auto echo_rate = std::make_shared<offered_rate>();
    auto http_rate = std::make_shared<offered_rate>();
    const auto probing = [](const std::shared_ptr<offered_rate>& rate) {
        return [rate](const std::vector<std::string>& peers) { rate->per_second(peers); };
    };
    scenario echo{
        .name = "echo",
        .title = "A message comes back, on connections that stay open",
        .about = std::string("A server that sends back what it received: a task, thread, fiber or "
                             "callback for each connection, 58 bytes a message.") +
                 how,
        .not_shown = not_shown,
        .size_label = "connections",
        .quick_sizes = {64},
        .full_sizes = {1, 64, 1'000, 10'000},
        .figures = service_figures("a message"),
        .entrants = all_serving("echo", echo_exchange(), echo_rate),
        .quick_window = seconds(0.04),
        .full_window = seconds(0.5),
        .prepare = probing(echo_rate),
    };
    scenario http{
        .name = "http",
        .title = "An HTTP answer, on connections that stay open",
        .about = std::string("The smallest HTTP server that each runtime's users would write: find "
                             "the end of the request's head, send an answer of 13 bytes. The same "
                             "bytes and the same search everywhere.") +
                 how,
        .not_shown = std::string(not_shown) +
                     " It is no HTTP library: nothing but the end of the head is parsed.",
        .size_label = "connections",
        .quick_sizes = {64, 1'000},
        .full_sizes = {1, 64, 1'000, 10'000},
        .figures = service_figures("a request"),
        .entrants = all_serving("http", http_exchange(), http_rate),
        .quick_window = seconds(0.04),
        .full_window = seconds(0.5),
        .prepare = probing(http_rate),
    };
    return {std::move(echo), std::move(http)};
}

} // namespace bench
