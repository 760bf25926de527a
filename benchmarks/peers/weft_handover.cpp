// SPDX-License-Identifier: BSL-1.0
// weft's side of what two tasks hand over.
#include "benchmarks/peers/handover.hpp"

#include <weft/weft.hpp>

namespace {

using namespace peers;

constexpr auto pair = [](auto first, auto second) {
    auto one = weft::spawn(first);
    auto two = weft::spawn(second);
    one.get();
    two.get();
};

weft::generator<std::int64_t> count_up(std::int64_t count) {
    return weft::generator<std::int64_t>([count](auto& out) {
        for (std::int64_t i = 0; i < count; ++i) {
            out(i);
        }
    });
}

class promised {
  public:
    void set(std::int64_t value) { future_.set_result(value); }
    std::int64_t get() { return future_.get(); }

  private:
    weft::future<std::int64_t> future_;
};

} // namespace

std::map<std::string, command> peers::handover_commands() {
    return {{"queue",
             [](std::int64_t n, std::int64_t capacity) {
                 return pass_items<weft::queue<std::int64_t>>(n, capacity, pair);
             }},
            {"semaphore",
             [](std::int64_t n) {
                 return take_turns<weft::semaphore>(n, pair, [] { weft::yield(); });
             }},
            {"ping_pong", [](std::int64_t n) { return play_ping_pong<weft::semaphore>(n, pair); }},
            {"future", [](std::int64_t n) { return answer_by_futures<promised>(n, pair); }},
            {"generator", [](std::int64_t n) { return pull(n, count_up); }}};
}
