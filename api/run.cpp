// SPDX-License-Identifier: BSL-1.0
//
// The composition root: run() makes a loop_core, which puts port, scheduler and tasks together; a
// runner makes one to keep.
#include "api/loop_core.hpp"
#include "api/runner_parts.hpp"

#include <weft/errors.hpp>
#include <weft/run.hpp>

#include <fmt/format.h>

#include <optional>

namespace weft::detail {

namespace {

void require_no_loop(const char* call) {
    if (loop_core::running() != nullptr) {
        throw invalid_state(fmt::format(
            "{}: a loop is running on this thread already; call the function directly or spawn it",
            call));
    }
}

} // namespace

struct run_session::parts {
    explicit parts(const run_options& options) : own(options), loop(*own), here(loop) {}
    explicit parts(loop_core& runners) : loop(runners), here(loop) {}

    std::optional<loop_core> own; // empty in a runner's session
    loop_core& loop;
    loop_core::entry here;
};

run_session::run_session(const run_options& options) {
    require_no_loop("weft::run");
    parts_ = std::make_unique<parts>(options);
}

run_session::run_session(runner& r) {
    loop_core& loop = *r.open("weft::runner::run").loop;
    require_no_loop("weft::runner::run");
    parts_ = std::make_unique<parts>(loop);
}

run_session::~run_session() = default;

void run_session::run(const task_pointer& main) {
    task_core& core = main.get()->core();
    if (parts_->own) {
        parts_->loop.run_main_and_end(core);
    } else {
        parts_->loop.run_main(core);
    }
    core.throw_outcome();
}

task_pointer start_main(task_state* made, source_location where) {
    return start_task(made, nullptr, where);
}

} // namespace weft::detail
