// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include "api/report.hpp"

#include <weft/detail/duration.hpp>
#include <weft/errors.hpp>

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <vector>

namespace weft::detail {

thread_local constinit loop_core* loop_core::running_ = nullptr;

namespace {

// Task numbers are unique in the process; each loop takes them in blocks.
std::atomic<std::uint64_t> next_id_block = 1;
constexpr std::uint64_t id_block = 1024;

std::size_t name_of_fiber(const fibers::fiber& f, char* out, std::size_t size) noexcept {
    return static_cast<const task_core&>(f).write_name(out, size);
}

fibers::scheduler_options kernel_options(const run_options& options) {
    fibers::scheduler_options kernel;
    kernel.stack_size = options.stack_size;
    kernel.real_time = !options.virtual_time;
    kernel.name_of = &name_of_fiber;
    return kernel;
}

const run_options& require_no_loop(const run_options& options) {
    if (loop_core::running() != nullptr) {
        throw invalid_state(
            "weft::run: a loop is running on this thread already; call the function "
            "directly or spawn it");
    }
    return options;
}

} // namespace

loop_core::loop_core(const run_options& options)
    : options_(require_no_loop(options)),
      virtual_time_(options.virtual_time ? std::make_unique<fibers::virtual_port>(&reactor_)
                                         : nullptr),
      scheduler_(virtual_time_ ? static_cast<fibers::event_port&>(*virtual_time_) : reactor_,
                 kernel_options(options)) {
    reactor_.attach(scheduler_);
    running_ = this;
}

loop_core::~loop_core() {
    for (descriptor& d : open_) {
        d.orphan();
    }
    open_.clear();
    running_ = nullptr;
}

void loop_core::take_id_block() noexcept {
    next_id_ = next_id_block.fetch_add(id_block, std::memory_order_relaxed);
    last_id_ = next_id_ + id_block;
}

fibers::time_point loop_core::deadline_after(fibers::clock::duration d) const noexcept {
    const fibers::time_point now = scheduler_.now();
    return d >= fibers::never - now ? fibers::never : now + d;
}

// --- run and its end ---

void loop_core::task_ended(const task_core& t) noexcept {
    if (main_ != nullptr ? &t == main_ : wave_ended()) {
        finished_ = true;
        scheduler_.look_up();
    }
}

void loop_core::callback_ran() noexcept {
    --queued_callbacks_;
    if (main_ == nullptr && wave_ended()) {
        finished_ = true;
        scheduler_.look_up();
    }
}

task_core* loop_core::next_on_cancel_branches(task_core*& waiter) noexcept {
    while (branches_ != nullptr) {
        if (task_core* t = branches_->next(*branches_)) {
            waiter = branches_->waiter;
            return t;
        }
        branches_ = branches_->rest;
    }
    return nullptr;
}

bool loop_core::wave_ended() const noexcept {
    return queued_callbacks_ == 0 && (tasks_.empty() || tasks_.front().id() >= end_of_wave_);
}

void loop_core::run_main(task_core& main) {
    main_ = &main;
    finished_ = main.done();
    std::string deadlock;
    if (scheduler_.run_until(finished_) == fibers::run_result::deadlocked) {
        deadlock = fmt::format("weft::run: every task waits and nothing can wake one:\n{}",
                               describe_tasks());
    }
    main_ = nullptr;
    end_all_tasks();
    if (!deadlock.empty()) {
        throw deadlock_error(deadlock);
    }
}

void loop_core::cancel_all() {
    // Cancelling runs no code of theirs, so the list stays as it is meanwhile.
    for (task_core& t : tasks_) {
        t.cancel({});
    }
}

// Cancelled tasks may spawn others while they clean up. Those are left in peace until all that were
// cancelled have ended, or wait for what cannot come; what is left then makes the next wave.
void loop_core::end_all_tasks() {
    const auto begin = fibers::clock::now();
    const auto timeout = to_ticks(options_.shutdown_timeout, "weft::run");
    const auto limit = timeout >= fibers::never - begin ? fibers::never : begin + timeout;
    while (!tasks_.empty() || queued_callbacks_ > 0) {
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

// --- for the calls ---

void throw_no_running_loop(const char* call) {
    throw no_running_loop(
        fmt::format("{}: no loop runs on this thread; wrap the call in weft::run(...)", call));
}

void throw_not_in_task(const char* call) {
    throw not_in_task(
        fmt::format("{}: called from a callback, which must not block; spawn a task there", call));
}

fibers::wake_reason block(fibers::wait_site& site, fibers::time_point deadline) {
    loop_core& loop = *loop_core::running();
    const auto reason = loop.scheduler().park(site, deadline);
    if (reason == fibers::wake_reason::cancelled) {
        throw_cancelled(*loop.current_task());
    }
    return reason;
}

void throw_cancelled(const completion& c) {
    throw cancelled(c.cancel_message());
}

} // namespace weft::detail
