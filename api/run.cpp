// SPDX-License-Identifier: BSL-1.0
//
// The composition root: run() makes a loop_core, which puts port, scheduler and tasks together.
#include "api/loop_core.hpp"

#include <weft/run.hpp>

namespace weft::detail {

struct run_session::parts {
    explicit parts(const run_options& options) : loop(options) {}
    loop_core loop;
};

run_session::run_session(const run_options& options) : parts_(std::make_unique<parts>(options)) {}

run_session::~run_session() = default;

void run_session::run(const task_pointer& main) {
    task_core& core = main.get()->core();
    parts_->loop.run_main(core);
    core.throw_outcome();
}

task_pointer start_main(task_state* made, source_location where) {
    return start_task(made, nullptr, where);
}

} // namespace weft::detail
