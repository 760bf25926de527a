// SPDX-License-Identifier: BSL-1.0
//
// A program as it is written for <thread> and <mutex>: workers take orders from a shared list,
// reserve places in a hall of few, and tell the results through futures. With the line below it is
// a program of weft; with -DOVER_STD it is the program that it was. Nothing else differs, not what
// it prints either, except that here all of it runs on one thread.
//
//     40_threads
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#ifdef OVER_STD
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <thread>
namespace threads = std;
#else
namespace threads = weft::green;
#endif

using namespace std::chrono_literals;

namespace {

class order_book {
  public:
    void add(std::string name) {
        const threads::lock_guard<threads::mutex> lock(mutex_);
        orders_.push_back(std::move(name));
        changed_.notify_one();
    }

    // Blocks until there is an order; empty when a stop was requested first.
    std::string take(const threads::stop_token& stop) {
        threads::unique_lock<threads::mutex> lock(mutex_);
        if (!changed_.wait(lock, stop, [this] { return !orders_.empty(); })) {
            return {};
        }
        std::string name = std::move(orders_.back());
        orders_.pop_back();
        return name;
    }

  private:
    threads::mutex mutex_;
    threads::condition_variable_any changed_;
    std::vector<std::string> orders_;
};

void print_orders() {
    order_book book;
    threads::counting_semaphore<2> looms(2);
    threads::latch all_done(4);
    threads::mutex results_mutex;
    std::map<std::string, std::size_t> results;

    const auto worker = [&](const threads::stop_token& stop) {
        for (std::string name = book.take(stop); !name.empty(); name = book.take(stop)) {
            looms.acquire();
            threads::this_thread::sleep_for(5ms); // the weaving
            looms.release();
            const threads::lock_guard<threads::mutex> lock(results_mutex);
            results[name] = name.size();
            all_done.count_down();
        }
    };

    std::vector<threads::jthread> workers;
    for (int i = 0; i < 3; ++i) {
        workers.emplace_back(worker);
    }
    for (const char* name : {"scarf", "blanket", "tapestry", "towel"}) {
        book.add(name);
    }
    auto invoice = threads::async(threads::launch::async, [&] {
        all_done.wait();
        const threads::lock_guard<threads::mutex> lock(results_mutex);
        std::size_t sum = 0;
        for (const auto& [name, price] : results) {
            sum += price;
        }
        return sum;
    });
    std::cout << "to pay: " << invoice.get() << "\n";
    for (const auto& [name, price] : results) {
        std::cout << name << " " << price << "\n";
    }
    workers.clear(); // asks them to stop, and joins them
    std::cout << "the looms rest\n";
}

} // namespace

int main() {
#ifdef OVER_STD
    print_orders();
#else
    weft::run(print_orders);
#endif
}
