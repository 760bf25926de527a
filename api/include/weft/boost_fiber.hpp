// SPDX-License-Identifier: BSL-1.0
//
// A scheduling algorithm for Boost.Fiber that idles in a loop of weft's, so that a program written
// with Boost.Fiber keeps its fibers, channels, mutexes and futures, and its fibers call whatever
// blocks a task here. Opt-in: needs Boost.Fiber (1.74 or newer), which the program links.
//
//     int main() {
//         boost::fibers::use_scheduling_algorithm<weft::boost_fiber_algorithm>();
//         boost::fibers::buffered_channel<std::string> lines(16);
//         boost::fibers::fiber reader([&] {
//             auto connection = weft::open_connection("localhost", "7000");
//             for (std::string line; !(line = connection.read_line()).empty();)
//                 lines.push(line);
//             lines.close();
//         });
//         for (const std::string& line : lines)
//             std::cout << line;
//         reader.join();
//     }
#pragma once

#include <weft/detail/hosted_loop.hpp>
#include <weft/run.hpp>

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/properties.hpp>
#include <boost/fiber/scheduler.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <typeinfo>
#include <utility>

namespace weft {

namespace detail {

// What a fiber of Boost's carries for the loop, in the place that Boost has for it.
class boost_fiber_seat final : public boost::fibers::fiber_properties,
                               public boost::intrusive::list_base_hook<
                                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    explicit boost_fiber_seat(std::unique_ptr<hosted_fiber> f) noexcept
        : fiber_properties(nullptr), fiber(std::move(f)) {}
    boost::fibers::context* context() const noexcept {
        return static_cast<boost::fibers::context*>(fiber->place());
    }
    const std::unique_ptr<hosted_fiber> fiber;
};

// Boost's concept of a stack allocator, for the fiber of one of weft's tasks.
class boost_fiber_stacks {
  public:
    boost_fiber_stacks(hosted_loop& loop, hosted_fiber& f, std::size_t size) noexcept
        : loop_(&loop), fiber_(&f), size_(size) {}
    boost::context::stack_context allocate() {
        stack_ = loop_->take_stack(*fiber_, size_);
        boost::context::stack_context whole;
        whole.size = stack_.size;
        whole.sp = stack_.low + stack_.size;
        return whole;
    }
    void deallocate(boost::context::stack_context&) noexcept { hosted_loop::give_back(stack_); }

  private:
    hosted_loop* loop_;
    hosted_fiber* fiber_;
    std::size_t size_;
    hosted_stack stack_;
};

} // namespace detail

// Installed once a thread, before its fibers do anything that blocks:
//
//     boost::fibers::use_scheduling_algorithm<weft::boost_fiber_algorithm>();
//
// From then on the thread has a running loop (no weft::run, which would throw invalid_state), until
// it ends or another algorithm is installed. On it
//
// - every fiber, the thread's main one included, counts as a task: what blocks a task blocks that
//   fiber only. current_task() can be cancelled: the fiber's next or current call of weft's throws
//   `cancelled`, which the fiber's function must catch, as any exception; calls of Boost's are not
//   ended by it, nor by with_timeout. all_tasks() does not list these.
// - every task is a fiber of Boost's: it may wait for Boost's mutexes, channels and futures.
// - callbacks (call_soon, add_reader ...) must not block, by neither library's calls: where Boost's
//   would, the process ends with a message.
// - fibers are scheduled first come, first served, tasks among them. They stay on their thread.
//   boost::this_fiber::properties() is taken; what uses it needs an algorithm of its own.
// - an exception in hand and errno are each fiber's own, across Boost's switches too.
// - nothing is a deadlock: fibers that wait for one another do so for ever, as always with Boost.
//
// Other threads reach the loop through Boost's primitives, and loop::post and its kin.
//
// When the thread ends, Boost waits for its fibers; the tasks among them are cancelled first, and
// have run_options::shutdown_timeout to end. Replacing the algorithm while a task lives or a fiber
// waits in a call of weft's ends the process with a message.
//
// All members are for Boost to call.
class boost_fiber_algorithm final : public boost::fibers::algo::algorithm,
                                    private detail::fiber_host {
  public:
    // The stack size is for tasks; those of fibers are Boost's business. Throws invalid_state where
    // a loop runs on this thread already, std::invalid_argument for virtual_time, std::system_error
    // when the kernel has no descriptors. The reason goes to stderr as well, because Boost 1.74
    // installs algorithms in a noexcept function.
    explicit boost_fiber_algorithm(const run_options& options) : loop_(options, *this) {
        switch_to(boost::fibers::context::active());
    }
    boost_fiber_algorithm() : boost_fiber_algorithm(run_options{}) {}
    ~boost_fiber_algorithm() override {
        if (boost::fibers::context* running = boost::fibers::context::active()) {
            switch_to(running); // null where the thread ends
        }
        while (!seats_.empty()) {
            loop_.let_go(*seats_.front().fiber);
            seats_.front().context()->set_properties(nullptr);
        }
    }
    boost_fiber_algorithm(const boost_fiber_algorithm&) = delete;
    boost_fiber_algorithm& operator=(const boost_fiber_algorithm&) = delete;

    void awakened(boost::fibers::context* fiber) noexcept override {
        if (fiber == running_) { // it has launched another one, without asking pick_next()
            switch_to(boost::fibers::context::active());
        }
        static_cast<void>(seat_of(fiber));
        if (std::exchange(caller_goes_first_, false)) {
            ready_.push_front(*fiber);
        } else {
            ready_.push_back(*fiber);
        }
    }

    boost::fibers::context* pick_next() noexcept override {
        boost::fibers::context* running = running_;
        const bool idle = running->is_context(boost::fibers::type::dispatcher_context);
        if (idle) {
            look_up();
        }
        if (ready_.empty()) {
            return nullptr; // only ever where the thread is idle
        }
        // terminated_is_linked() is false for the last in that list.
        const bool ended = running->is_context(boost::fibers::type::worker_context) &&
                           !running->worker_is_linked();
        if (ended) {
            loop_.let_go(*seat_of(running)->fiber);
        }
        boost::fibers::context* next = &ready_.front();
        ready_.pop_front();
        switch_to(next);
        if (ended) {
            running->set_properties(nullptr);
        }
        return next;
    }

    bool has_ready_fibers() const noexcept override { return !ready_.empty(); }

    void suspend_until(const std::chrono::steady_clock::time_point& until) noexcept override {
        loop_.sleep_until(until);
    }

    void notify() noexcept override {
        if (loop_.on_own_thread()) {
            loop_.end_tasks(); // Boost's dispatcher says so that the thread ends
        } else {
            loop_.wake();
        }
    }

  private:
    using seat = detail::boost_fiber_seat;

    void look_up() noexcept {
        if (loop_.serving()) {
            detail::hosted_loop::abort_over_blocking_callback();
        }
        if (!ready_.empty()) {
            loop_.serve();
        }
    }

    // Null for the dispatcher. What is new here gets a seat: a task that is being started, or else
    // a fiber of the program's.
    seat* seat_of(boost::fibers::context* fiber) noexcept {
        if (fiber->is_context(boost::fibers::type::dispatcher_context)) {
            return nullptr;
        }
        boost::fibers::fiber_properties* known = fiber->get_properties();
        if (known == nullptr || typeid(*known) != typeid(seat)) { // or an earlier algorithm's
            if (starting_ == nullptr) {
                starting_ = std::make_unique<seat>(loop_.adopt(fiber));
            }
            starting_->fiber->set_place(fiber);
            seats_.push_back(*starting_);
            known = starting_.get();
            fiber->set_properties(starting_.release());
        }
        return static_cast<seat*>(known);
    }

    void switch_to(boost::fibers::context* fiber) noexcept {
        const seat* s = seat_of(fiber);
        running_ = fiber;
        loop_.switched_to(s != nullptr ? s->fiber.get() : nullptr);
    }

    void start(std::unique_ptr<detail::hosted_fiber> f, std::size_t stack_size,
               bool at_once) override {
        detail::hosted_fiber& begun = *f;
        starting_ = std::make_unique<seat>(std::move(f));
        caller_goes_first_ = at_once;
        try {
            boost::fibers::fiber(
                at_once ? boost::fibers::launch::dispatch : boost::fibers::launch::post,
                std::allocator_arg, detail::boost_fiber_stacks(loop_, begun, stack_size),
                [this, &begun] { loop_.run(begun); })
                .detach();
        } catch (...) {
            starting_.reset();
            caller_goes_first_ = false;
            throw;
        }
    }

    void suspend() noexcept override { running_->suspend(); }
    void resume(void* place) noexcept override {
        ready_.push_back(*static_cast<boost::fibers::context*>(place));
    }
    void yield() noexcept override { running_->yield(); }

    boost::fibers::scheduler::ready_queue_type ready_;
    boost::intrusive::list<seat, boost::intrusive::constant_time_size<false>> seats_;
    std::unique_ptr<seat> starting_; // for the next fiber that has none
    boost::fibers::context* running_ = nullptr;
    bool caller_goes_first_ = false; // the next one made ready has just begun another
    detail::hosted_loop loop_;
};

} // namespace weft
