// SPDX-License-Identifier: BSL-1.0
#include "fibers/scheduler.hpp"

#include "fibers/overflow.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace weft::fibers {

namespace {

thread_local scheduler* this_threads_scheduler = nullptr;

// The deadline of one park(), on the waiting stack.
class expiry final : public timer {
  public:
    expiry(scheduler& s, fiber& f) noexcept : timer(&expiry::fire), scheduler_(s), fiber_(f) {}

  private:
    static void fire(timer& t) noexcept {
        auto& self = static_cast<expiry&>(t);
        self.scheduler_.unpark(self.fiber_, wake_reason::timed_out);
    }
    scheduler& scheduler_;
    fiber& fiber_;
};

} // namespace

scheduler::scheduler(event_port& port, const scheduler_options& options)
    : port_(port),
      shuffle_(options.shuffle_seed ? std::make_unique<shuffle>(*options.shuffle_seed) : nullptr),
      timers_(shuffle_.get()),
      options_(options),
      guards_(options.guards ? *options.guards : best_guard_kind(options.memory)),
      letters_(std::make_shared<inbox>(port)) {
    pools_.push_back(
        std::make_unique<worker_pool>(*this, options.stack_size, guards_, options_.memory));
    report_stack_overflows();
    this_threads_scheduler = this;
}

scheduler::~scheduler() {
    for (const auto& pool : pools_) {
        pool->end_all();
    }
    letters_->close();
    if (this_threads_scheduler == this) {
        this_threads_scheduler = nullptr;
    }
}

scheduler::presence::presence(scheduler& s) noexcept
    : before_(std::exchange(this_threads_scheduler, &s)) {}

scheduler::presence::~presence() {
    this_threads_scheduler = before_;
}

scheduler* scheduler::on_this_thread() noexcept {
    return this_threads_scheduler;
}

void scheduler::forget_in_child() noexcept {
    this_threads_scheduler = nullptr;
}

std::size_t scheduler::name_of(const fiber& f, char* out, std::size_t size) const noexcept {
    return options_.name_of != nullptr ? options_.name_of(f, out, size) : 0;
}

// --- spawning ---

worker_pool& scheduler::pool_for(std::size_t stack_size) {
    auto pool = std::make_unique<worker_pool>(*this, stack_size, guards_, options_.memory);
    const auto same = std::find_if(pools_.begin(), pools_.end(), [&](const auto& p) {
        return p->stack_size() == pool->stack_size();
    });
    if (same != pools_.end()) {
        return **same;
    }
    pools_.push_back(std::move(pool));
    return *pools_.back();
}

bool scheduler::admit(fiber& f, std::size_t stack_size) noexcept {
    try {
        worker_pool& pool = stack_size == 0 ? *pools_.front() : pool_for(stack_size);
        if (!pool.reserve()) {
            return false;
        }
        f.pool_ = &pool;
        return true;
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return false;
    }
}

bool scheduler::spawn(fiber& f, std::size_t stack_size) noexcept {
    if (host_ != nullptr) [[unlikely]] {
        return host_->start(f, stack_size, false);
    }
    if (!admit(f, stack_size)) {
        return false;
    }
    ready_.push_back(f);
    return true;
}

bool scheduler::spawn_eager(fiber& f, std::size_t stack_size) noexcept {
    if (host_ != nullptr) [[unlikely]] {
        return host_->start(f, stack_size, true);
    }
    if (!admit(f, stack_size)) {
        return false;
    }
    if (!assign_worker(f)) {
        start_failed(f);
        return true;
    }
    if (current_ != nullptr) {
        fiber& self = *current_;
        self.state_ = fiber_state::ready;
        batch_.push_front(self); // f's first stop comes straight back here
        leave(self.worker_->flow(), &f);
    } else {
        callback back_to_loop([](callback&) noexcept {});
        batch_.push_front(back_to_loop);
        set_running(f);
        loop_.switch_to(f.worker_->flow(), cells_);
        for_loop_ = nullptr; // back_to_loop itself
    }
    return true;
}

bool scheduler::assign_worker(fiber& f) noexcept {
    worker* w = f.pool_->acquire();
    if (w == nullptr) {
        return false;
    }
    w->assign(f);
    f.worker_ = w;
    return true;
}

void scheduler::start_failed(fiber& f) noexcept {
    worker_pool& pool = *f.pool_;
    f.body_(f, false);
    pool.unreserve();
}

// --- blocking and waking ---

wake_reason scheduler::park(wait_site& site, time_point deadline) noexcept {
    fiber& self = *current_;
    const bool deliverable = cancel_is_deliverable(self);
    if (self.cancel_pending_ && deliverable && site.on_cancel == nullptr) {
        self.cancel_pending_ = false;
        return wake_reason::cancelled;
    }
    self.cancel_wakes_ = deliverable;
    self.site_ = &site;
    self.state_ = fiber_state::parked;
    if (deadline == never && host_ == nullptr) {
        runnable* next = next_ready();
        if (next != nullptr && next == site.awaited && can_run_on_top(self, *site.awaited)) {
            run_on_top(self, *site.awaited);
        } else {
            leave(self.worker_->flow(), next);
        }
    } else if (deadline == never) {
        suspend_current();
    } else {
        expiry limit(*this, self);
        timers_.add(limit, deadline);
        suspend_current();
        if (limit.armed()) {
            timers_.remove(limit);
        }
    }
    self.site_ = nullptr;
    if (self.cancel_pending_ && deliverable) {
        self.cancel_pending_ = false;
        return wake_reason::cancelled;
    }
    return self.reason_;
}

// Whether f may start on the stack of `waiter`, the running fiber: it has not got one, wants one of
// the same size, and finds nearly all of it.
bool scheduler::can_run_on_top(const fiber& waiter, const fiber& f) const noexcept {
    const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
    const worker& w = *waiter.worker_;
    return f.worker_ == nullptr && f.pool_ == &w.pool() &&
           here > w.slot().low + w.pool().stack_size() - most_lent_depth;
}

// `waiter` has just parked, and the next to run is the very fiber it waits for: so that runs as a
// call. It may suspend and resume this context as often as it likes; the waiter is not resumed
// before its end.
void scheduler::run_on_top(fiber& waiter, fiber& awaited) noexcept {
    worker& w = *waiter.worker_;
    const exception_state in_hand = std::exchange(*cells_.exceptions, exception_state{});
    const int error_number = std::exchange(*cells_.error_number, 0);
    waiter.lends_its_stack_ = true;
    awaited.worker_ = &w;
    set_running(awaited);
    awaited.body_(awaited, true); // may destroy it; makes the waiter ready
    w.pool().unreserve();
    waiter.lends_its_stack_ = false;
    leave(w.flow(), next_ready());
    *cells_.exceptions = in_hand;
    *cells_.error_number = error_number;
}

bool scheduler::unpark(fiber& f, wake_reason reason) noexcept {
    if (f.state_ != fiber_state::parked) {
        return false;
    }
    f.state_ = fiber_state::ready;
    f.reason_ = reason;
    if (host_ == nullptr) [[likely]] {
        ready_.push_back(f);
    } else {
        host_->resume(*f.seat_);
    }
    return true;
}

wake_reason scheduler::yield() noexcept {
    fiber& self = *current_;
    // A cancel that is kept costs its turn: a destructor may yield until something has happened.
    if (!cancel_is_due()) {
        self.state_ = fiber_state::ready;
        if (host_ == nullptr) [[likely]] {
            ready_.push_back(self);
            suspend_current();
        } else {
            host_->yield();
        }
    }
    if (cancel_is_due()) {
        self.cancel_pending_ = false;
        return wake_reason::cancelled;
    }
    return wake_reason::notified;
}

fiber* scheduler::cancel(fiber& f) noexcept {
    f.cancel_pending_ = true;
    if (f.state_ != fiber_state::parked || !f.cancel_wakes_) {
        return nullptr;
    }
    if (f.site_->on_cancel != nullptr) {
        return f.site_->on_cancel(*f.site_);
    }
    unpark(f, wake_reason::cancelled);
    return nullptr;
}

// --- choosing and switching ---

// What runs next, or null when the loop context must look up first. A turn runs what was ready when
// it began; a new one may begin right here, on the stack of the fiber that stopped.
[[gnu::always_inline]] inline runnable* scheduler::next_ready() noexcept {
    if (batch_.empty()) {
        if (ready_.empty() || turns_left_ == 0) {
            return nullptr;
        }
        --turns_left_;
        batch_.swap(ready_);
        if (shuffle_) [[unlikely]] {
            shuffle_->reorder(batch_);
        }
    }
    runnable& next = batch_.front();
    batch_.pop_front();
    return &next;
}

// Stops the context `from`, whose fiber has been queued, parked or has ended, and goes on with
// `next`.
[[gnu::always_inline]] inline void scheduler::leave(context& from, runnable* next) noexcept {
    if (next != nullptr && next->is_fiber()) {
        fiber& f = *static_cast<fiber*>(next);
        const int error_number = *cells_.error_number;
        if (f.worker_ != nullptr || assign_worker(f)) {
            set_running(f);
            if (&f.worker_->flow() != &from) {
                from.switch_to(f.worker_->flow(), cells_);
            }
            return;
        }
        *cells_.error_number = error_number; // who stops here keeps its own
    }
    for_loop_ = next;
    current_ = nullptr;
    from.switch_to(loop_, cells_);
}

[[gnu::always_inline]] inline void scheduler::suspend_current() noexcept {
    if (host_ != nullptr) [[unlikely]] {
        suspend_hosted();
        return;
    }
    context& from = current_->worker_->flow();
    leave(from, next_ready());
}

// A worker's life between two idle times: `first`, then whatever is ready and has not started yet.
void scheduler::run_assigned(worker& w, fiber& first) noexcept {
    for (fiber* f = &first;;) {
        *cells_.error_number = 0;
        f->body_(*f, true); // may destroy *f
        w.pool().unreserve();
        runnable* next = next_ready();
        if (next != nullptr && next->is_fiber()) {
            f = static_cast<fiber*>(next);
            if (f->worker_ == nullptr && f->pool_ == &w.pool()) {
                f->worker_ = &w;
                set_running(*f);
                continue;
            }
        }
        w.pool().put_idle(w);
        leave(w.flow(), next);
        return;
    }
}

void scheduler::run_to_end(worker& w) noexcept {
    loop_.switch_to(w.flow(), cells_);
}

// Runs turns until nothing is ready or the budget is used up.
void scheduler::run_ready() noexcept {
    turns_left_ = turns_budget_;
    for (;;) {
        runnable* item = for_loop_ != nullptr ? std::exchange(for_loop_, nullptr) : next_ready();
        if (item == nullptr) {
            return;
        }
        if (!item->is_fiber()) {
            count_step();
            ++callbacks_run_;
            static_cast<callback*>(item)->run();
            if (this_threads_scheduler == nullptr) [[unlikely]] {
                std::exit(EXIT_SUCCESS); // the child of a fork(): the loop is its parent's
            }
            continue;
        }
        fiber& f = *static_cast<fiber*>(item);
        if (f.worker_ == nullptr && !assign_worker(f)) {
            start_failed(f);
            continue;
        }
        set_running(f);
        loop_.switch_to(f.worker_->flow(), cells_);
    }
}

} // namespace weft::fibers
