// SPDX-License-Identifier: BSL-1.0
//
// The kernel's host (fibers/host.hpp) as a library behind a public interface offers it. A fiber
// that the library brings of itself gets a task that stands for it; a task that weft spawns gets a
// fiber of the library's.
#include "api/loop_core.hpp"
#include "api/report.hpp"
#include "fibers/host.hpp"
#include "fibers/stack_cache.hpp"

#include <weft/detail/hosted_loop.hpp>
#include <weft/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weft::detail {

namespace {

// What a task's state is where another library has the callable.
class others_callable final : public task_state {
    void call() override {}
    void destroy_callable() noexcept override {}
    void destroy_value() noexcept override {}
    std::size_t size() const noexcept override { return sizeof(*this); }
};

// Ends the loop's sleep, any number of times; any thread.
class wake_letter final : public fibers::letter {
  public:
    wake_letter() noexcept : letter(&wake_letter::delivered) {}
    void post(fibers::inbox& to) noexcept {
        if (!in_the_mail_.exchange(true) && !to.post(*this)) {
            in_the_mail_ = false;
        }
    }

  private:
    // What was done before a post() that found the letter on its way has been done here.
    static void delivered(fibers::letter& l) noexcept {
        static_cast<wake_letter&>(l).in_the_mail_.exchange(false);
    }
    std::atomic<bool> in_the_mail_ = false;
};

const run_options& require_real_time_and_no_loop(const run_options& options) {
    if (options.virtual_time) {
        throw std::invalid_argument("weft::boost_fiber_algorithm: Boost's fibers live in real "
                                    "time; leave run_options::virtual_time alone");
    }
    if (loop_core::running() != nullptr) {
        throw invalid_state("weft::boost_fiber_algorithm: a loop is running on this thread "
                            "already; install it on a thread of its own, outside weft::run");
    }
    return options;
}

// The only kind of hosted_fiber there is.
class guest final : public hosted_fiber, public fibers::seat {
  public:
    task_pointer adopted; // empty: one that start() has begun
};

guest& guest_in(hosted_fiber& f) noexcept {
    return static_cast<guest&>(f);
}

} // namespace

class hosted_loop::inside final : public fibers::host {
  public:
    inside(const run_options& options, fiber_host& host)
        : loop_(require_real_time_and_no_loop(options)),
          here_(loop_),
          host_(host),
          guards_(fibers::best_guard_kind({})),
          stack_size_(options.stack_size),
          end_(fibers::never) {
        loop_.scheduler().move_in(*this);
    }

    bool start(fibers::fiber& f, std::size_t stack_size, bool at_once) noexcept override {
        try {
            auto made = std::make_unique<guest>();
            loop_.scheduler().take_seat(f, *made);
            host_.start(std::move(made), stack_size != 0 ? stack_size : stack_size_, at_once);
            return true;
        } catch (const std::bad_alloc&) {
            errno = ENOMEM;
            return false;
        }
    }
    void suspend() noexcept override { host_.suspend(); }
    void resume(fibers::seat& s) noexcept override { host_.resume(static_cast<guest&>(s).place()); }
    void yield() noexcept override { host_.yield(); }

    void serve(fibers::time_point until) noexcept {
        serving_ = true;
        loop_.scheduler().serve(until);
        serving_ = false;
        turns_ = 0;
        served_ = fibers::clock::now();
    }

    // As often as a loop of our own looks up while its tasks keep it busy: the budget of turns is
    // what took about the longest series lately.
    bool is_time_to_serve() noexcept {
        if (++turns_ < turns_budget_ && !loop_.scheduler().has_ready()) {
            return false;
        }
        const auto series = fibers::clock::now() - served_;
        if (series > fibers::scheduler::longest_series) {
            turns_budget_ = std::max(turns_ / 2, 1);
        } else if (turns_ >= turns_budget_) {
            turns_budget_ = std::min(turns_budget_ * 2, fibers::scheduler::most_turns);
        }
        return true;
    }

    // Of all those that are rounded up to the same size.
    fibers::stack_cache& stacks(std::size_t size) {
        auto made = std::make_unique<fibers::stack_cache>(size, guards_, fibers::memory_calls());
        const auto same = std::find_if(stacks_.begin(), stacks_.end(), [&](const auto& c) {
            return c->memory().slot_size() == made->memory().slot_size();
        });
        return same != stacks_.end() ? **same : *stacks_.emplace_back(std::move(made));
    }

    wake_letter wake_; // before the loop, which delivers it in its end
    loop_core loop_;
    loop_core::entry here_;
    fiber_host& host_;
    fibers::seat idle_;
    const fibers::guard_kind guards_;
    const std::size_t stack_size_;
    std::vector<std::unique_ptr<fibers::stack_cache>> stacks_;
    fibers::time_point end_; // when tasks must have ended
    fibers::time_point served_{};
    int turns_ = 0;
    int turns_budget_ = 1;
    bool serving_ = false;
};

// --- its fibers ---

std::unique_ptr<hosted_fiber> hosted_loop::adopt(void* place) {
    auto made = std::make_unique<guest>();
    made->set_place(place);
    auto* state = ::new (allocate_task(sizeof(others_callable))) others_callable;
    auto* core = ::new (&state->core()) task_core(*state);
    made->adopted = task_pointer(state);
    core->adopt(inside_->loop_);
    inside_->loop_.scheduler().take_seat(*core, *made);
    return made;
}

void hosted_loop::let_go(hosted_fiber& f) noexcept {
    guest& leaving = guest_in(f);
    inside_->loop_.scheduler().leave_seat(leaving);
    if (!leaving.adopted) {
        return;
    }
    task_core& core = leaving.adopted.get()->core();
    if (core.state() == fibers::fiber_state::parked) {
        report(fmt::format("a fiber goes to another scheduler while it waits here: {}",
                           describe(core)));
        std::abort();
    }
    core.let_go();
    leaving.adopted = task_pointer();
}

void hosted_loop::switched_to(hosted_fiber* f) noexcept {
    fibers::seat& seat = f != nullptr ? guest_in(*f) : inside_->idle_;
    inside_->loop_.scheduler().switched_to(seat);
}

void hosted_loop::run(hosted_fiber& f) noexcept {
    inside_->loop_.scheduler().run_hosted(*guest_in(f).occupant);
}

// --- the loop ---

hosted_loop::hosted_loop(const run_options& options, fiber_host& host) try
    : inside_(std::make_unique<inside>(options, host)) {
} catch (const std::exception& e) {
    report(e.what()); // Boost 1.74 installs it in a noexcept function, which would not say why
}

hosted_loop::~hosted_loop() {
    loop_core& loop = inside_->loop_;
    loop.require_no_tasks();
    loop.scheduler().move_out();
    loop.end_all_tasks(); // those that the last callbacks spawn
}

void hosted_loop::serve() noexcept {
    if (inside_->is_time_to_serve()) {
        inside_->serve(fibers::time_point::min());
    }
}

void hosted_loop::sleep_until(clock::time_point until) noexcept {
    inside_->serve(std::min(until, inside_->end_));
}

bool hosted_loop::serving() const noexcept {
    return inside_->serving_;
}

void hosted_loop::wake() noexcept {
    inside_->wake_.post(*inside_->loop_.scheduler().letters());
}

bool hosted_loop::on_own_thread() const noexcept {
    return inside_->loop_.on_own_thread();
}

void hosted_loop::end_tasks() noexcept {
    if (inside_->end_ == fibers::never) {
        inside_->end_ = inside_->loop_.shutdown_limit();
    }
    inside_->loop_.go_on_ending_tasks(inside_->end_);
}

void hosted_loop::abort_over_blocking_callback() noexcept {
    report("a callback of the loop has called what blocks a fiber of another library; spawn a task "
           "there, or begin a fiber");
    std::abort(); // the loop itself would wait
}

// --- stacks ---

hosted_stack hosted_loop::take_stack(hosted_fiber& f, std::size_t size) {
    fibers::stack_cache& stacks = inside_->stacks(size);
    const fibers::stack_slot slot = stacks.take();
    if (slot.low == nullptr) {
        throw std::bad_alloc();
    }
    const std::size_t guard = stacks.memory().guard_size();
    const std::size_t whole = stacks.memory().slot_size();
    guest_in(f).stack = {slot.low, guard, whole};
    return {slot.low + guard, whole - guard, slot.index, &stacks};
}

void hosted_loop::give_back(const hosted_stack& stack) noexcept {
    auto& stacks = *static_cast<fibers::stack_cache*>(stack.origin);
    stacks.give_back({stack.low - stacks.memory().guard_size(), stack.number});
}

} // namespace weft::detail
