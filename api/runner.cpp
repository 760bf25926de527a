// SPDX-License-Identifier: BSL-1.0
#include "api/report.hpp"
#include "api/runner_parts.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace weft {

using detail::loop_core;

runner::runner(const run_options& options) : parts_(std::make_unique<parts>(options)) {}

runner::~runner() {
    if (!parts_->loop) {
        return;
    }
    if (parts_->thread != detail::this_thread() || loop_core::running() == &*parts_->loop) {
        detail::report("weft::runner: destroyed on another thread than its own, or inside its own "
                       "run");
        std::abort();
    }
    close();
}

runner::parts& runner::open(const char* call) const {
    if (parts_->thread != detail::this_thread()) {
        throw wrong_loop(fmt::format("{}: this runner was made on another thread; use "
                                     "weft::loop::post or weft::loop::submit to reach it",
                                     call));
    }
    if (!parts_->loop || parts_->closing) {
        throw invalid_state(fmt::format("{}: the runner is closed", call));
    }
    return *parts_;
}

loop& runner::get_loop() {
    return open("weft::runner::get_loop").loop->face();
}

int runner::fd() const {
    loop_core& loop = *open("weft::runner::fd").loop;
    const int fd = loop.port().outer_descriptor();
    loop.prepare_outer_sleep();
    return fd;
}

std::optional<clock::duration> runner::next_timeout() const {
    loop_core& loop = *open("weft::runner::next_timeout").loop;
    return loop.prepare_outer_sleep();
}

bool runner::poll_ticks(clock::duration max_wait) {
    loop_core& loop = *open("weft::runner::poll").loop;
    if (loop_core::running() != nullptr) {
        throw invalid_state(
            "weft::runner::poll: a loop is running on this thread already; let its tasks block "
            "instead");
    }
    const loop_core::entry here(loop);
    loop.serve(max_wait);
    return loop.has_work();
}

void runner::close() {
    if (parts_->loop) {
        loop_core& loop = *open("weft::runner::close").loop;
        if (loop_core::running() == &loop) {
            throw invalid_state("weft::runner::close: called inside the runner's own run; let "
                                "that end first");
        }
        const loop_core::entry here(loop);
        parts_->closing = true;
        loop.end_all_tasks();
        parts_->loop.reset();
    }
}

} // namespace weft
