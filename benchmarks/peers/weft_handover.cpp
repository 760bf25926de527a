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

constexpr auto yield = [] { weft::yield(); };

class promised {
  public:
    void set(std::int64_t value) { future_.set_result(value); }
    std::int64_t get() { return future_.get(); }

  private:
    weft::future<std::int64_t> future_;
};

answer mutex(std::int64_t operations) {
    weft::mutex lock;
    return take_turns_under_a_lock(
        operations, pair, [&] { lock.lock(); }, [&] { lock.unlock(); }, yield);
}

answer semaphore(std::int64_t operations) {
    weft::semaphore one(1);
    return take_turns_under_a_lock(
        operations, pair, [&] { one.acquire(); }, [&] { one.release(); }, yield);
}

} // namespace

std::map<std::string, command> peers::handover_commands() {
    return {
        {"queue", [](std::int64_t n) { return pass_items<weft::queue<std::int64_t>>(n, pair); }},
        {"mutex", mutex},
        {"semaphore", semaphore},
        {"ping_pong", [](std::int64_t n) { return play_ping_pong<weft::semaphore>(n, pair); }},
        {"future", [](std::int64_t n) { return answer_by_futures<promised>(n, pair); }}};
}
