// SPDX-License-Identifier: BSL-1.0
//
// The scheduler of one thread: the ready queue, the loop, and park(), the only way to block.
//
// A fiber that stops switches straight to the next ready one; the thread's own stack (the loop
// context) gets control only when there is none, when a callback's turn comes, or when it is time
// to look at timers and events. Nothing here is thread-safe except letters().post().
//
// Invariants, each with a test:
//  1. Only this file switches. What the port, timers and letters call only makes fibers ready.
//  2. A waiter is linked in exactly one place and unlinks itself on every way out of park();
//     unpark() of a fiber that is not parked is refused, so a late wake is harmless.
//  3. Blocking and waking allocate nothing.
#pragma once

#include "fibers/event_port.hpp"
#include "fibers/fiber.hpp"
#include "fibers/host.hpp"
#include "fibers/inbox.hpp"
#include "fibers/shuffle.hpp"
#include "fibers/side_stack.hpp"
#include "fibers/timers.hpp"
#include "fibers/worker.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace weft::fibers {

struct scheduler_options {
    std::size_t stack_size = std::size_t{256} * 1024;
    std::optional<guard_kind> guards = {}; // default: the best the kernel has
    memory_calls memory = {};
    // The port's clock is the real one. Only then is a sleep cut short for housekeeping: giving
    // stacks that were not needed lately back to the kernel, and run_until()'s limit.
    bool real_time = true;
    // Writes the fiber's name into [out, out + size) for the stack overflow message; called in a
    // signal handler. Returns the length.
    std::size_t (*name_of)(const fiber&, char* out, std::size_t size) noexcept = nullptr;
    // For tests: ready fibers and ties of timers in a random order.
    std::optional<std::uint64_t> shuffle_seed = {};
};

enum class run_result : std::uint8_t { finished, deadlocked, out_of_time };

class scheduler {
  public:
    scheduler(event_port& port, const scheduler_options& options);
    ~scheduler();
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    // The scheduler that runs on this thread, or null.
    static scheduler* on_this_thread() noexcept;

    // In the child of a fork() that this thread made: from now on there is none. A callback that
    // returns ends the process, as a thread's last act does; a fiber's body is to do the same.
    static void forget_in_child() noexcept;

    // --- fibers ---

    // Makes f known, to run in the next turn, behind what is ready; it gets a stack with its first
    // step. stack_size 0: the default. False, with errno, when no stack or memory is to be had; f
    // is then untouched.
    [[nodiscard]] bool spawn(fiber& f, std::size_t stack_size = 0) noexcept;

    // The same, but f runs at once, until it first blocks or ends; then the caller goes on.
    [[nodiscard]] bool spawn_eager(fiber& f, std::size_t stack_size = 0) noexcept;

    // The running fiber; null on the loop's own stack.
    fiber* current() const noexcept { return current_; }

    // Suspends the running fiber until unpark(), cancel() or the deadline. With a cancel pending it
    // returns at once, unless the site hands cancels on. `site` stays alive in the caller's frame.
    wake_reason park(wait_site& site, time_point deadline = never) noexcept;

    // Makes a parked fiber ready. False when it is not parked: somebody else woke it first.
    bool unpark(fiber& f, wake_reason reason = wake_reason::notified) noexcept;

    // Lets everything that is ready run first. A cancel is delivered as in park().
    wake_reason yield() noexcept;

    // Asks f to stop: its park(), or its next one, returns `cancelled` once. While f unwinds or
    // blocks cancels, the request is kept. Returns the fiber to cancel instead, where f's wait
    // hands the cancel on.
    fiber* cancel(fiber& f) noexcept;

    // Whether a cancel may be delivered to the running fiber: it does not unwind or block cancels.
    bool cancel_is_deliverable() const noexcept { return cancel_is_deliverable(*current_); }
    // The same, and one is pending.
    bool cancel_is_due() const noexcept {
        return current_->cancel_pending_ && cancel_is_deliverable();
    }

    // Around a park() that another thread may end: with nothing else to wait for, the loop sleeps
    // instead of reporting a deadlock, as long as the process has another thread. Unlike
    // inbox::hold() it leaves virtual time to the timers.
    void begin_shared_wait() noexcept { ++shared_waits_; }
    void end_shared_wait() noexcept { --shared_waits_; }

    // --- side stacks (side_stack.hpp), all on a running fiber ---

    // Prepares body(argument) to run. False, with errno, when there is no stack to be had.
    [[nodiscard]] bool begin(side_stack& side, side_stack::body_function body,
                             void* argument) noexcept;
    // The running fiber goes on with the body, until that leaves or ends.
    void enter(side_stack& side) noexcept;
    // On the side stack: the running fiber goes on where it entered.
    void leave(side_stack& side) noexcept;
    // Whether the running fiber is on this side stack, and neither on another one that it entered
    // from here nor a different fiber that has borrowed it.
    bool is_on(const side_stack& side) const noexcept {
        return side.entered() && current_ == side.user_ && current_->worker_ == side.own_;
    }

    // --- on the fibers of another library (host.hpp) ---

    // From now on, until move_out(), fibers run on the host's. There is none yet; what runs here is
    // what switched_to() says first.
    void move_in(host& h) noexcept;
    // No fiber is left but those that take_seat() has brought and leave_seat() taken away.
    void move_out() noexcept;
    // f is the one at this place: one that the host has begun for start(), or one of its own.
    void take_seat(fiber& f, seat& s) noexcept;
    void leave_seat(seat& s) noexcept;
    // To be called for every switch of the host's, before what it switches to runs.
    void switched_to(seat& s) noexcept;
    // On a fiber that the host has begun for start(): runs f, to its end. It leaves the seat.
    void run_hosted(fiber& f) noexcept;

    // --- the loop ---

    // Runs until `finished` is true at the end of a turn, or until the real clock has come to
    // `limit`.
    run_result run_until(const bool& finished, time_point limit = never) noexcept;

    // For a loop inside another one: looks once at timers, letters and events, sleeping for them no
    // longer than until `until` (by the port's clock) and only when nothing is ready, and runs what
    // is ready.
    void serve(time_point until) noexcept;

    // Queues a callback behind what is ready.
    void post(callback& c) noexcept { ready_.push_back(c); }

    // Ends the current series of turns soon, so that run_until() looks at its condition.
    void look_up() noexcept { turns_left_ = 0; }

    // Arms a timer that may be due already: then it comes before the next turn.
    void add_timer(timer& t, time_point when) noexcept {
        timers_.add(t, when);
        if (when <= now()) {
            look_up();
        }
    }

    // --- what there is ---

    bool has_ready() const noexcept { return !ready_.empty() || !batch_.empty(); }
    std::size_t ready_count() const noexcept { return ready_.size() + batch_.size(); }
    // How often a fiber was given the processor.
    std::uint64_t switches() const noexcept { return steps() - callbacks_run_; }
    // The same, and how often a callback was. Any thread.
    std::uint64_t steps() const noexcept { return steps_.load(std::memory_order_relaxed); }
    // Whether fibers and callbacks are being run, and not waited for. Any thread.
    bool in_series() const noexcept { return in_series_.load(std::memory_order_relaxed); }
    // How long series of turns took, that is, how long timers and events had to wait:
    // [i] counts those from 2^(i-1) to 2^i microseconds, the last one all that were longer.
    static constexpr std::size_t lag_classes = 24;
    const std::array<std::uint64_t, lag_classes>& lags() const noexcept { return lags_; }
    std::size_t stacks_in_use() const noexcept;
    std::size_t stacks_idle() const noexcept;

    event_port& port() noexcept { return port_; }
    timer_heap& timers() noexcept { return timers_; }
    const timer_heap& timers() const noexcept { return timers_; }
    const std::shared_ptr<inbox>& letters() const noexcept { return letters_; }
    time_point now() const noexcept { return port_.now(); }
    std::size_t name_of(const fiber& f, char* out, std::size_t size) const noexcept;
    const worker* running_worker() const noexcept {
        return current_ != nullptr ? current_->worker_ : nullptr;
    }
    // What the running fiber stands on, one of a host's too.
    guarded_stack running_stack() const noexcept;
    const worker_pool& default_pool() const noexcept { return *pools_.front(); }

    // --- for workers ---
    void run_assigned(worker& w, fiber& first) noexcept;
    void run_side(worker& w, side_stack& side) noexcept;
    void run_to_end(worker& w) noexcept;
    context& loop_context() noexcept { return loop_; }

    // A fiber that starts on top of its waiter's stack finds at most this much of it used.
    static constexpr std::size_t most_lent_depth = 8 * 1024;

    // Timers and events are looked at after this many turns of fibers that keep each other busy, or
    // after about this time, whichever comes first; single turns are never cut short.
    static constexpr int most_turns = 64;
    static constexpr std::chrono::microseconds longest_series{100};

  private:
    // While the loop runs, on_this_thread() is this one: a thread may have several, one inside the
    // other or side by side.
    class presence {
      public:
        explicit presence(scheduler& s) noexcept;
        ~presence();
        presence(const presence&) = delete;
        presence& operator=(const presence&) = delete;

      private:
        scheduler* before_;
    };

    void count_step() noexcept { steps_.store(steps() + 1, std::memory_order_relaxed); }
    void set_running(fiber& f) noexcept {
        current_ = &f;
        f.state_ = fiber_state::running;
        count_step();
    }
    runnable* next_ready() noexcept;
    bool admit(fiber& f, std::size_t stack_size) noexcept;
    worker_pool& pool_for(std::size_t stack_size);
    bool assign_worker(fiber& f) noexcept;
    void leave(context& from, runnable* next) noexcept;
    void suspend_current() noexcept;
    void suspend_hosted() noexcept;
    context& flow_of_current() noexcept;
    bool can_run_on_top(const fiber& waiter, const fiber& f) const noexcept;
    void run_on_top(fiber& waiter, fiber& awaited) noexcept;
    void run_ready() noexcept;
    void start_failed(fiber& f) noexcept;
    bool other_threads_may_wake() const noexcept;
    bool sleep(time_point limit) noexcept;
    void wait(time_point deadline, time_point real_limit, bool only_while_held) noexcept;
    time_point run_series() noexcept;
    void trim_idle_stacks(std::size_t limit) noexcept;
    bool release_surplus_stacks() noexcept;
    void budget_turns(clock::duration last_series) noexcept;
    void count_lag(clock::duration series) noexcept;
    bool cancel_is_deliverable(const fiber& f) const noexcept {
        return f.cancel_blockers_ == 0 && cells_.exceptions->uncaught == 0;
    }

    thread_cells cells_;
    fiber* current_ = nullptr;
    ready_queue batch_; // what this turn still has to run
    ready_queue ready_; // what the next turn will run
    int turns_left_ = 0;
    int turns_budget_ = most_turns;
    int shared_waits_ = 0;
    std::atomic<std::uint64_t> steps_ = 0; // written by this thread alone
    std::uint64_t callbacks_run_ = 0;
    std::atomic<bool> in_series_ = false;
    runnable* for_loop_ = nullptr; // handed to the loop context by a fiber that stopped
    context loop_;
    host* host_ = nullptr;   // null: fibers run on stacks of our own
    seat* seated_ = nullptr; // of the host's fibers, the one that runs
    event_port& port_;
    std::unique_ptr<shuffle> shuffle_; // null: in order of coming
    timer_heap timers_;
    time_point next_surplus_check_{};
    scheduler_options options_;
    guard_kind guards_;
    std::vector<std::unique_ptr<worker_pool>> pools_; // the default size first
    std::shared_ptr<inbox> letters_;
    std::array<std::uint64_t, lag_classes> lags_{};
};

} // namespace weft::fibers
