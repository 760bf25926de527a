// SPDX-License-Identifier: BSL-1.0
#include "api/green/caller_inside.hpp"

#include <weft/detail/caller.hpp>
#include <weft/task.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace weft::detail {

namespace {

// What is left to do when tasks of this thread's loops, or the thread itself, end.
class end_calls {
  public:
    ~end_calls() {
        for (auto& c : calls_) { // the thread's own; tasks have all ended
            c.call();
        }
    }

    // True for the first one of that number.
    bool add(std::uint64_t number, unique_function f) {
        const bool first = std::none_of(calls_.begin(), calls_.end(),
                                        [number](const auto& c) { return c.number == number; });
        calls_.push_back({number, std::move(f)});
        return first;
    }
    void run(std::uint64_t number) noexcept {
        for (std::size_t i = 0; i < calls_.size();) {
            if (calls_[i].number != number) {
                ++i;
                continue;
            }
            unique_function f = std::move(calls_[i].call);
            calls_.erase(calls_.begin() + std::ptrdiff_t(i));
            f();
        }
    }

  private:
    struct call_at_end {
        std::uint64_t number;
        unique_function call;
    };
    std::vector<call_at_end> calls_;
};

thread_local end_calls of_this_thread;

} // namespace

std::uint64_t caller_number() noexcept {
    return number_of_caller();
}

clock::time_point caller_time() noexcept {
    loop_core* loop = loop_core::running();
    return loop != nullptr ? loop->scheduler().now() : clock::now();
}

clock::time_point caller_deadline(clock::duration d) noexcept {
    const clock::time_point now = caller_time();
    return d >= clock::time_point::max() - now ? clock::time_point::max() : now + d;
}

void at_end_of_caller(unique_function f) {
    const std::uint64_t number = caller_number();
    if (of_this_thread.add(number, std::move(f)) && !is_thread_number(number)) {
        current_task().add_done_callback([number](const task_ref&) { run_end_calls(number); });
    }
}

void run_end_calls(std::uint64_t number) noexcept {
    of_this_thread.run(number);
}

} // namespace weft::detail
