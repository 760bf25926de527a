// SPDX-License-Identifier: BSL-1.0
//
// From the end of a main task to the end of its loop: who is cancelled, who is waited for and how
// long, and what happens when somebody refuses to end.
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/detail/duration.hpp>
#include <weft/errors.hpp>

#include <fmt/format.h>

#include <cstdlib>

namespace weft::detail {

void loop_core::task_ended(const task_core& t) noexcept {
    if (phase_ == phase::running_main ? &t == main_ : wave_ended()) {
        finished_ = true;
        scheduler_.look_up();
    }
}

void loop_core::callback_ran() noexcept {
    --queued_callbacks_;
    if (wave_ended()) {
        finished_ = true;
        scheduler_.look_up();
    }
}

bool loop_core::wave_ended() const noexcept {
    return phase_ == phase::ending && queued_callbacks_ == 0 &&
           (tasks_.empty() || tasks_.front().id() >= end_of_wave_);
}

void loop_core::stop() noexcept {
    if (phase_ == phase::running_main) {
        main_->cancel({});
    } else if (phase_ == phase::idle) {
        stop_next_run_ = true;
    }
}

void loop_core::run_main(task_core& main) {
    signals_.begin_interrupts(); // may throw, so it comes first
    main_ = &main;
    phase_ = phase::running_main;
    finished_ = main.done();
    if (std::exchange(stop_next_run_, false)) {
        main.cancel({});
    }
    std::string deadlock;
    if (scheduler_.run_until(finished_) == fibers::run_result::deadlocked) {
        deadlock = fmt::format("weft::run: every task waits and nothing can wake one:\n{}",
                               describe_tasks());
        end_main(main);
    }
    signals_.end_interrupts();
    phase_ = phase::idle;
    main_ = nullptr;
    if (!deadlock.empty()) {
        throw deadlock_error(deadlock);
    }
}

void loop_core::run_main_and_end(task_core& main) {
    try {
        run_main(main);
    } catch (...) {
        end_all_tasks();
        throw;
    }
    end_all_tasks();
}

fibers::time_point loop_core::shutdown_limit() const {
    const auto begin = fibers::clock::now();
    const auto timeout = to_ticks(options_.shutdown_timeout, "weft::run");
    return timeout >= fibers::never - begin ? fibers::never : begin + timeout;
}

void loop_core::cancel_all() {
    // Cancelling runs no code of theirs, so the list stays as it is meanwhile.
    for (task_core& t : tasks_) {
        t.cancel({});
    }
}

// The main task of a deadlock: it ends before run() does.
void loop_core::end_main(task_core& main) {
    const auto limit = shutdown_limit();
    main.cancel({});
    if (scheduler_.run_until(finished_, limit) != fibers::run_result::finished) {
        end_all_tasks(); // it waits for others that wait
    }
}

// Cancelled tasks may spawn others while they clean up. Those are left in peace until all that were
// cancelled have ended, or wait for what cannot come; what is left then makes the next wave.
void loop_core::end_all_tasks() {
    phase_ = phase::ending;
    const auto limit = shutdown_limit();
    // Behind the callbacks that are ready: they still run.
    struct last_callback final : fibers::callback {
        explicit last_callback(loop_core& l) noexcept
            : callback([](fibers::callback& c) noexcept {
                  static_cast<last_callback&>(c).loop.callback_ran();
              }),
              loop(l) {}
        loop_core& loop;
    } last(*this);
    if (scheduler_.has_ready()) {
        callback_queued();
        scheduler_.post(last);
    }
    while (!tasks_.empty() || queued_callbacks_ > 0 || !generators_.empty()) {
        if (tasks_.empty() && !generators_.empty()) {
            unwind_open_generators();
        }
        cancel_all();
        end_of_wave_ = next_task_id();
        finished_ = false;
        const auto result = scheduler_.run_until(finished_, limit);
        if (result == fibers::run_result::deadlocked && tasks_.back().id() < end_of_wave_) {
            abort_over_refusal(
                "were cancelled at the end of run() and now wait for what cannot come");
        }
        if (result == fibers::run_result::out_of_time ||
            (!tasks_.empty() && fibers::clock::now() >= limit)) {
            abort_over_refusal(
                fmt::format("were cancelled at the end of run() and have not ended after {} ms",
                            options_.shutdown_timeout.count()));
        }
    }
    // Calls whose tasks have left may still run.
    threads_.join(shutdown_limit(), options_.shutdown_timeout);
    phase_ = phase::idle;
}

void loop_core::go_on_ending_tasks(fibers::time_point limit) noexcept {
    if (tasks_.empty() && generators_.empty()) {
        return;
    }
    if (fibers::clock::now() >= limit) {
        abort_over_refusal(fmt::format("were cancelled at the end of their thread and have not "
                                       "ended after {} ms",
                                       options_.shutdown_timeout.count()));
    }
    if (tasks_.empty()) {
        unwind_open_generators();
    } else if (tasks_.front().id() >= end_of_wave_) {
        cancel_all();
        end_of_wave_ = next_task_id();
    }
}

void loop_core::require_no_tasks() noexcept {
    if (!tasks_.empty()) {
        abort_over_refusal("have not ended, and the fibers they are on go to another scheduler");
    }
}

std::string loop_core::describe_tasks() const {
    std::string text;
    for (const task_core& t : tasks_) {
        fmt::format_to(std::back_inserter(text), "  {}\n", describe(t));
    }
    return text;
}

void loop_core::abort_over_refusal(const std::string& why) noexcept {
    report(fmt::format("these tasks {}:\n{}", why, describe_tasks()));
    std::abort(); // their stacks are alive, so the loop cannot end and they cannot be freed
}

} // namespace weft::detail
