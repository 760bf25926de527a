// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include "api/environment.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <tuple>

namespace weft::detail {

thread_local constinit loop_core* loop_core::running_ = nullptr;
thread_local constinit loop_core* loop_core::newest_ = nullptr;

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
    kernel.shuffle_seed = options.shuffle_seed;
    return kernel;
}

} // namespace

loop_core::loop_core(const run_options& options)
    : options_(with_environment(options)),
      virtual_time_(options_.virtual_time ? std::make_unique<fibers::virtual_port>(&reactor_)
                                          : nullptr),
      scheduler_(virtual_time_ ? static_cast<fibers::event_port&>(*virtual_time_) : reactor_,
                 kernel_options(options_)),
      face_(new loop(*this)) {
    reactor_.attach(scheduler_);
    newest_ = this;
    set_debug(options_.debug);
}

loop_core::~loop_core() {
    const entry here(*this);
    ended_ = true;
    while (!callbacks_.empty()) {
        callbacks_.front().abandon();
    }
    scheduler_.letters()->close();
    for (descriptor& d : open_) {
        d.orphan();
    }
    open_.clear();
    face_->core_ended();
    if (newest_ == this) {
        newest_ = nullptr;
    }
}

void loop_core::forget_in_child() noexcept {
    running_ = nullptr;
    newest_ = nullptr;
    fibers::scheduler::forget_in_child();
}

void loop_core::take_id_block() noexcept {
    next_id_ = next_id_block.fetch_add(id_block, std::memory_order_relaxed);
    last_id_ = next_id_ + id_block;
}

fibers::time_point loop_core::deadline_after(fibers::clock::duration d) const noexcept {
    const fibers::time_point now = scheduler_.now();
    return d >= fibers::never - now ? fibers::never : now + d;
}

void loop_core::add_cancel_branch(cancel_branch& b) noexcept {
    if (!b.in_progress) {
        b.in_progress = true;
        b.rest = std::exchange(branches_, &b);
    }
}

task_core* loop_core::next_on_cancel_branches(task_core*& waiter,
                                              const std::string& message) noexcept {
    while (cancel_branch* b = branches_) {
        if (task_core* t = b->next(*b, message)) {
            waiter = b->waiter;
            return t;
        }
        if (branches_ == b) { // its futures may have led to others, which are in front of it now
            branches_ = b->rest;
            b->in_progress = false;
        }
    }
    return nullptr;
}

// --- errors and numbers ---

void loop_core::set_exception_handler(exception_handler handler) {
    exception_handler_ =
        handler ? std::make_shared<const exception_handler>(std::move(handler)) : nullptr;
}

auto loop_core::exception_handler_to_call() noexcept -> std::shared_ptr<const exception_handler> {
    if (exception_handler_ == nullptr || std::exchange(in_exception_handler_, true)) {
        return nullptr;
    }
    return exception_handler_;
}

void loop_core::set_debug(bool on) {
    options_.debug = on;
    slow_step_watch_ =
        on ? std::make_unique<slow_step_watch>(scheduler_, options_.slow_step, slow_steps_)
           : nullptr;
}

metrics loop_core::stats() const {
    metrics m;
    m.tasks_alive = tasks_.size();
    m.tasks_spawned = spawned_;
    m.switches = scheduler_.switches();
    m.ready = scheduler_.ready_count();
    m.timers = scheduler_.timers().size();
    m.descriptors = open_.size();
    m.descriptor_waits = reactor_.descriptors().waiting();
    m.stacks_in_use = scheduler_.stacks_in_use();
    m.stacks_pooled = scheduler_.stacks_idle();
    static_assert(std::tuple_size_v<decltype(m.loop_lag)> == fibers::scheduler::lag_classes);
    m.loop_lag = scheduler_.lags();
    m.slow_steps = slow_steps_.load(std::memory_order_relaxed);
    return m;
}

// --- inside a foreign loop ---

void loop_core::serve(fibers::clock::duration max_wait) noexcept {
    scheduler_.serve(max_wait > fibers::clock::duration::zero() ? deadline_after(max_wait)
                                                                : fibers::time_point::min());
    if (reactor_.is_watched_from_outside()) {
        prepare_outer_sleep();
    }
}

bool loop_core::has_work() const noexcept {
    return !tasks_.empty() || scheduler_.has_ready() || !scheduler_.timers().empty() ||
           reactor_.watching() || scheduler_.letters()->held();
}

std::optional<fibers::clock::duration> loop_core::prepare_outer_sleep() noexcept {
    reactor_.poll(); // tells the kernel what it is to watch
    const fibers::time_point next = scheduler_.timers().next();
    reactor_.prepare_outer_sleep(next);
    const bool nothing_new = scheduler_.letters()->prepare_to_sleep();
    if (scheduler_.has_ready() || !nothing_new) {
        reactor_.wake();
        return fibers::clock::duration::zero();
    }
    if (next == fibers::never) {
        return std::nullopt;
    }
    return std::max(next - scheduler_.now(), fibers::clock::duration::zero());
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

void throw_timeout(const char* call) {
    throw timeout_error(fmt::format("{}: the time limit came first", call));
}

fibers::wake_reason block(fibers::wait_site& site, fibers::time_point deadline) {
    loop_core& loop = *loop_core::running();
    const auto reason = loop.scheduler().park(site, deadline);
    if (reason == fibers::wake_reason::cancelled) {
        throw_cancelled(*loop.current_task());
    }
    return reason;
}

cancelled cancelled_by(const completion& c) {
    return cancelled(c.cancel_message());
}

} // namespace weft::detail
