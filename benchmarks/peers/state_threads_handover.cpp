// SPDX-License-Identifier: BSL-1.0
// state-threads' side of what two tasks hand over.
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/state_threads_objects.hpp"

#include <type_traits>

#include <st.h>

namespace {

using namespace peers;

constexpr auto pair = [](auto first, auto second) {
    auto start = [](auto& body) {
        auto entry = [](void* argument) -> void* {
            (*static_cast<std::remove_reference_t<decltype(body)>*>(argument))();
            return nullptr;
        };
        return st_thread_create(entry, &body, 1, 0);
    };
    st_thread_t one = start(first);
    st_thread_t two = start(second);
    st_thread_join(one, nullptr);
    st_thread_join(two, nullptr);
};

class promised {
  public:
    void set(std::int64_t value) {
        value_ = value;
        set_ = true;
        ready_.signal();
    }
    std::int64_t get() {
        while (!set_) {
            ready_.wait();
        }
        return value_;
    }

  private:
    st::condition ready_;
    std::int64_t value_ = 0;
    bool set_ = false;
};

} // namespace

std::map<std::string, command> peers::handover_commands() {
    return {
        {"queue", [](std::int64_t n,
                     std::int64_t capacity) { return pass_items<st::queue>(n, capacity, pair); }},
        {"ping_pong", [](std::int64_t n) { return play_ping_pong<st::semaphore>(n, pair); }},
        {"future", [](std::int64_t n) { return answer_by_futures<promised>(n, pair); }},
        {"generator", [](std::int64_t n) { return pull_from_another<st::semaphore>(n, pair); }}};
}
