// SPDX-License-Identifier: BSL-1.0
//
// The part of a task that does not depend on its types: a fiber with an owner count, an outcome and
// those who want to know when it ends. Lies inside its task_state.
//
// Invariant: the loop holds one reference until the task has ended; observers are told exactly
// once, in the order of their coming, and unlink themselves when they leave earlier.
#pragma once

#include "fibers/fiber.hpp"

#include <weft/detail/task_state.hpp>
#include <weft/task.hpp>

#include <boost/intrusive/list.hpp>

#include <exception>
#include <memory>
#include <string>

namespace weft::detail {

class loop_core;

// Told when a task has ended; runs on whatever stack the task ended on, and only makes things
// ready.
class task_observer : public boost::intrusive::list_base_hook<
                          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    using function = void (*)(task_observer&, task_core&) noexcept;
    // `callback_number`: which done callback this is, 0 for observers that are none.
    explicit task_observer(function on_end, std::uint64_t callback_number = 0) noexcept
        : on_end_(on_end), callback_number_(callback_number) {}
    task_observer(const task_observer&) = delete;
    task_observer& operator=(const task_observer&) = delete;

  protected:
    ~task_observer() = default;

  private:
    friend class task_core;
    function on_end_;
    std::uint64_t callback_number_;
};

class task_core final : public fibers::fiber,
                        public boost::intrusive::list_base_hook<
                            boost::intrusive::link_mode<boost::intrusive::normal_link>> {
  public:
    enum class outcome : std::uint8_t { none, value, error, cancelled };

    explicit task_core(task_state& owner) noexcept : fiber(&task_core::body), owner_(owner) {}
    ~task_core() = default;

    // Gives the task to a loop and makes it ready, or runs it at once. Throws spawn_error.
    void start(loop_core& loop, task_options* options, source_location where);

    // The loop it runs on; null once it has ended.
    loop_core* loop() const noexcept { return loop_; }
    task_state& owner() noexcept { return owner_; }
    // Throws wrong_loop, naming the call, on another thread than the one it was spawned on.
    void require_own_thread(const char* call) const {
        if (!on_own_thread()) [[unlikely]] {
            throw_wrong_loop(call);
        }
    }
    bool on_own_thread() const noexcept { return thread_ == &thread_mark; }
    std::uint64_t id() const noexcept { return id_; }
    const source_location& spawned_at() const noexcept { return where_; }
    std::string name() const;
    void set_name(std::string name) { name_ = std::make_unique<std::string>(std::move(name)); }
    // Without allocation; for the stack overflow message. Returns the length.
    std::size_t write_name(char* out, std::size_t size) const noexcept;

    outcome how_it_ended() const noexcept { return outcome_; }
    bool done() const noexcept { return outcome_ != outcome::none; }
    const std::string& cancel_message() const noexcept;

    // `joining`: the running task, if it is about to wait for the end. False when the task is done.
    bool cancel(const std::string& message, task_core* joining = nullptr);
    int cancelling() const noexcept { return cancels_; }
    int uncancel() noexcept;

    // Parks the running task until this one has ended.
    enum class on_cancel : std::uint8_t { leave, hand_on, keep };
    fibers::wake_reason join(task_core& waiter, on_cancel policy, const char* operation) noexcept;

    void observe(task_observer& o) noexcept { observers_.push_back(o); }
    // The observer that is this done callback, or null.
    task_observer* find_callback(std::uint64_t number) noexcept;

    // The error as thrown to those who ask for the result; null when there is none.
    std::exception_ptr error() noexcept;
    void mark_retrieved() noexcept { retrieved_ = true; }
    void throw_outcome(); // must be done; returns when it ended with a value

    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) {
            destroy();
        }
    }

  private:
    // Its address stands for the thread.
    static thread_local constinit const char thread_mark;

    [[noreturn]] void throw_wrong_loop(const char* call) const;
    static void body(fibers::fiber& f, bool can_run) noexcept;
    outcome run_callable() noexcept;
    void keep_cancel_message(const std::string& message) noexcept;
    void end(outcome o) noexcept;
    void destroy() noexcept;

    using observer_list =
        boost::intrusive::list<task_observer, boost::intrusive::constant_time_size<false>>;

    task_state& owner_;
    loop_core* loop_ = nullptr;
    const void* thread_ = nullptr; // see on_own_thread()
    std::uint64_t id_ = 0;
    std::exception_ptr error_;
    observer_list observers_;
    std::unique_ptr<std::string> name_;           // null: "task-N"
    std::unique_ptr<std::string> cancel_message_; // null: none given
    source_location where_;
    std::uint32_t references_ = 1;
    int cancels_ = 0;
    std::uint32_t cancel_round_ = 0; // the last cancel() that came by here, to notice a circle
    outcome outcome_ = outcome::none;
    bool retrieved_ = false;
};

using task_list = boost::intrusive::list<task_core, boost::intrusive::constant_time_size<false>>;

} // namespace weft::detail
