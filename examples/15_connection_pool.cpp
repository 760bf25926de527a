// SPDX-License-Identifier: BSL-1.0
//
// A pool of connections: at most three, opened when needed, given back by a destructor, checked
// before they are lent again. A connection that does not answer its ping in time is dropped and
// replaced, and so is one whose user was cut off in the middle of a request.
//
//     15_connection_pool
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

// Stands for a database's client.
struct connection {
    int id = 0;
    bool dead = false;

    void ping() const { weft::sleep_for(dead ? 1h : 1ms); }
    std::string query(const std::string& text) const {
        weft::sleep_for(20ms);
        return text + " by connection " + std::to_string(id);
    }
};

class connection_pool {
  public:
    explicit connection_pool(std::ptrdiff_t size) : free_(size) {}

    // use lends a connection to f for one call. Blocks while all are lent.
    template <class F>
    auto use(F f) {
        const weft::permit place(free_);
        std::unique_ptr<connection> lent = take();
        auto result = f(*lent); // when it throws, nobody knows what state the connection is in
        idle_.push_back(std::move(lent));
        return result;
    }

    int opened() const { return opened_; }
    connection& idle_one() { return *idle_.back(); }

  private:
    std::unique_ptr<connection> take() {
        while (!idle_.empty()) {
            auto candidate = std::move(idle_.back());
            idle_.pop_back();
            if (healthy(*candidate)) {
                return candidate;
            }
            std::cout << "connection " << candidate->id << " dropped\n";
        }
        weft::sleep_for(50ms); // connecting
        return std::make_unique<connection>(connection{.id = ++opened_});
    }

    static bool healthy(const connection& one) {
        try {
            weft::with_timeout(10ms, [&] { one.ping(); });
            return true;
        } catch (const weft::timeout_error&) {
            return false;
        }
    }

    weft::semaphore free_;
    std::vector<std::unique_ptr<connection>> idle_;
    int opened_ = 0;
};

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        connection_pool pool(3);
        const auto request = [&pool] {
            return pool.use([](connection& c) { return c.query("answered"); });
        };
        weft::gather(std::vector(10, request));
        std::cout << "10 requests, " << pool.opened() << " connections\n";

        pool.idle_one().dead = true;
        std::cout << request() << "\n";
        std::cout << "opened: " << pool.opened() << "\n";
    });
}
