// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/sleep.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft {

namespace {

void sleep_until_deadline(const char* call, clock::time_point when) {
    fibers::wait_site site{call};
    detail::block(site, when);
}

void yield_from(const char* call) {
    fibers::scheduler& scheduler = detail::require_running_loop(call).scheduler();
    if (scheduler.current() == nullptr) [[unlikely]] {
        detail::throw_not_in_task(call);
    }
    detail::take_turn(scheduler);
}

} // namespace

void yield() {
    yield_from("weft::yield");
}

void sleep_until(clock::time_point when) {
    const auto& scheduler = detail::require_running_task("weft::sleep_until").loop()->scheduler();
    if (when <= scheduler.now()) {
        yield_from("weft::sleep_until");
    } else {
        sleep_until_deadline("weft::sleep_until", when);
    }
}

void detail::sleep_ticks(clock::duration d) {
    const loop_core& loop = *require_running_task("weft::sleep_for").loop();
    if (d <= clock::duration::zero()) {
        yield_from("weft::sleep_for");
    } else {
        sleep_until_deadline("weft::sleep_for", loop.deadline_after(d));
    }
}

void detail::throw_nan_duration(const char* call) {
    throw std::invalid_argument(fmt::format("{}: the duration is not a number (NaN)", call));
}

} // namespace weft
