// SPDX-License-Identifier: BSL-1.0
//
// One call in a thread: the job goes to the pool, and comes back to the loop as a letter. Whoever
// is last to need it frees it: the task that waits, or, when that has left, the letter's delivery,
// or, when the loop has gone too, the thread.
#include "reactor/thread_pool.hpp"

#include "api/loop_core.hpp"
#include "api/thread_call.hpp"
#include "fibers/inbox.hpp"

#include <weft/thread_pool.hpp>

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>

namespace weft {

struct thread_pool::threads : reactor::thread_pool {
    using reactor::thread_pool::thread_pool;
};

namespace detail {

namespace {

class job final : public reactor::thread_job, public fibers::letter {
  public:
    job(std::unique_ptr<thread_call> call, task_core& waiter)
        : thread_job(&job::run),
          letter(&job::come_back),
          waiter_(&waiter),
          home_(waiter.loop()->scheduler().letters()),
          context_(waiter.context()),
          call_(std::move(call)) {
        home_->hold();
    }
    ~job() { home_->release(); }

    bool done() const noexcept { return done_; }
    void leave() noexcept { waiter_ = nullptr; }
    std::unique_ptr<thread_call> take() {
        if (error_) {
            std::rethrow_exception(std::exchange(error_, nullptr));
        }
        return std::move(call_);
    }

  private:
    // On the pool's thread.
    static void run(reactor::thread_job& j) noexcept {
        auto& self = static_cast<job&>(j);
        const auto home = self.home_; // the loop may be gone as soon as the letter is there
        try {
            const context_scope scope(std::move(self.context_));
            self.call_->run();
        } catch (...) {
            self.error_ = std::current_exception();
        }
        if (!home->post(self)) {
            delete &self; // nobody is left to take it
        }
    }
    // On the loop.
    static void come_back(fibers::letter& l) noexcept {
        auto& self = static_cast<job&>(l);
        self.done_ = true;
        if (self.waiter_ == nullptr) {
            delete &self;
        } else {
            self.waiter_->loop()->scheduler().unpark(*self.waiter_);
        }
    }

    task_core* waiter_; // null when it has left
    bool done_ = false;
    std::shared_ptr<fibers::inbox> home_;
    context_pointer context_;
    std::unique_ptr<thread_call> call_;
    std::exception_ptr error_;
};

} // namespace

thread_call::~thread_call() = default;

std::unique_ptr<thread_call> run_in_thread(std::unique_ptr<thread_call> call,
                                           weft::thread_pool* pool, const char* name) {
    task_core& self = require_running_task(name);
    return run_in_thread(
        std::move(call),
        pool != nullptr ? *pool->threads_ : self.loop()->threads(thread_use::calls), self, name);
}

std::unique_ptr<thread_call> run_in_thread(std::unique_ptr<thread_call> call,
                                           reactor::thread_pool& threads, task_core& self,
                                           const char* name) {
    fibers::scheduler& scheduler = self.loop()->scheduler();
    if (scheduler.cancel_is_due()) {
        self.withdraw_cancel();
        throw_cancelled(self);
    }
    auto made = std::make_unique<job>(std::move(call), self);
    try {
        threads.submit(*made);
    } catch (const std::system_error& e) {
        throw std::system_error(
            e.code(), fmt::format("{}: no thread to be had; allow the process more threads "
                                  "(ulimit -u)",
                                  name));
    }
    job* const running = made.release();
    fibers::wait_site site{name, running};
    if (scheduler.park(site) == fibers::wake_reason::cancelled) {
        if (running->done() || threads.withdraw(*running)) {
            delete running;
        } else {
            running->leave();
        }
        throw_cancelled(self);
    }
    const std::unique_ptr<job> ended(running);
    return ended->take();
}

} // namespace detail

thread_pool::thread_pool(std::size_t threads) {
    if (threads == 0) {
        throw std::invalid_argument("weft::thread_pool: a pool needs at least one thread");
    }
    threads_ = std::make_unique<thread_pool::threads>(threads);
}

thread_pool::~thread_pool() = default;

std::size_t thread_pool::size() const noexcept {
    return threads_->most_threads();
}

} // namespace weft
