// SPDX-License-Identifier: BSL-1.0
//
// A program of Boost.Fiber's that got connections: its fibers, its channel and its future are as
// they were, one line installs weft's loop below them, and what waits for the network or a timer
// waits on its fiber.
//
//     45_boost_fiber
#include <weft/boost_fiber.hpp>
#include <weft/weft.hpp>

#include <boost/fiber/all.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <utility>

namespace fibers = boost::fibers;
using namespace std::chrono_literals;

namespace {

using words = fibers::buffered_channel<std::string>;

// One fiber for each connection: what it reads goes into the channel.
void collect(weft::stream connection, words& into) {
    for (std::string line; !(line = connection.read_line()).empty();) {
        line.pop_back();
        into.push(line);
        connection.write("thanks\n");
    }
}

void weave(std::uint16_t port, const std::string& word, int times) {
    weft::stream connection = weft::open_connection("127.0.0.1", port);
    for (int i = 0; i < times; ++i) {
        connection.write({word, "\n"});
        connection.read_line();
        weft::sleep_for(1ms);
    }
}

} // namespace

int main() {
    fibers::use_scheduling_algorithm<weft::boost_fiber_algorithm>();

    words heard(2);
    weft::listener listener("127.0.0.1", 0);
    fibers::fiber accepting([&] {
        for (int i = 0; i < 2; ++i) {
            fibers::fiber(collect, listener.accept(), std::ref(heard)).detach();
        }
    });
    fibers::future<std::map<std::string, int>> counted = fibers::async([&] {
        std::map<std::string, int> count;
        for (const std::string& word : heard) {
            ++count[word];
        }
        return count;
    });

    const std::uint16_t port = listener.local_endpoint().port();
    fibers::fiber warp(weave, port, "warp", 3);
    fibers::fiber weft(weave, port, "weft", 5);
    warp.join();
    weft.join();
    accepting.join();
    heard.close();
    for (const auto& [word, times] : counted.get()) {
        std::cout << word << " " << times << "\n";
    }
}
