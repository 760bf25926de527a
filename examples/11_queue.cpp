// SPDX-License-Identifier: BSL-1.0
//
// Two producers, three consumers, one bounded queue between them: producers wait when it is full.
// join() returns when every item has been handled, not only taken; shutdown() then ends the
// consumers' loops.
//
//     11_queue
#include <weft/weft.hpp>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct order {
    std::string customer;
    int number = 0;
};

void produce(weft::queue<order>& orders, const std::string& customer) {
    for (int number = 1; number <= 5; ++number) {
        weft::sleep_for(50ms);
        orders.put({customer, number}); // waits while the queue is full
    }
}

int consume(weft::queue<order>& orders) {
    int handled = 0;
    for (const auto& next : orders) {
        weft::sleep_for(next.number * 30ms);
        ++handled;
        orders.task_done();
    }
    return handled;
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        weft::queue<order> orders(4);
        std::vector<weft::task<int>> consumers;
        consumers.reserve(3);
        for (int i = 0; i < 3; ++i) {
            consumers.push_back(weft::spawn(consume, std::ref(orders)));
        }
        weft::gather([&] { produce(orders, "warp"); }, [&] { produce(orders, "weft"); });
        std::cout << "all orders are placed\n";
        orders.join();
        std::cout << "all orders are handled\n";
        orders.shutdown();

        int handled = 0;
        for (auto& consumer : consumers) {
            handled += consumer.get();
        }
        std::cout << handled << " orders\n";
    });
}
