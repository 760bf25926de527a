// SPDX-License-Identifier: BSL-1.0
//
// What a task and a future have in common: an outcome that comes once, and those who want to know
// when it comes. Counted by reference; belongs to one thread.
//
// Invariant: observers are told exactly once, in the order of their coming, and unlink themselves
// when they leave earlier. Whoever waits sees to it that the completion stays alive.
#pragma once

#include "fibers/scheduler.hpp"

#include <weft/detail/source_location.hpp>
#include <weft/detail/this_thread.hpp>

#include <boost/intrusive/list.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

namespace weft::detail {

class completion;
class future_core;
class loop_core;
class task_core;

// Told when a completion has its outcome; runs on whatever stack that came from, and only makes
// things ready.
class observer : public boost::intrusive::list_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    using function = void (*)(observer&, completion&) noexcept;
    // `callback_number`: which done callback this is, 0 for observers that are none.
    explicit observer(function on_end, std::uint64_t callback_number = 0) noexcept
        : on_end_(on_end), callback_number_(callback_number) {}
    std::uint64_t number() const noexcept { return callback_number_; }
    bool tells(function f) const noexcept { return on_end_ == f; }
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;

  protected:
    ~observer() = default;

  private:
    friend class completion;
    function on_end_;
    std::uint64_t callback_number_;
};

class completion {
  public:
    enum class outcome : std::uint8_t { none, value, error, cancelled };

    completion(const completion&) = delete;
    completion& operator=(const completion&) = delete;

    // Throws wrong_loop, naming the call, on another thread than the one it belongs to.
    void require_own_thread(const char* call) const {
        if (!on_own_thread()) [[unlikely]] {
            throw_wrong_loop(call);
        }
    }
    bool on_own_thread() const noexcept { return thread_ == this_thread(); }

    // Null for a future.
    task_core* as_task() noexcept;
    const task_core* as_task() const noexcept;

    outcome how_it_ended() const noexcept { return outcome_; }
    bool done() const noexcept { return outcome_ != outcome::none; }

    // The loop it runs on or was made on; null for a task that has ended.
    loop_core* loop() const noexcept { return loop_; }
    // Where it was spawned or made.
    const source_location& where() const noexcept { return where_; }
    // "task 'name'" or "future", for messages.
    std::string description() const;

    // What the last cancel() gave as its reason; empty when nothing.
    const std::string& cancel_message() const noexcept;
    // Asks for an end. `joining`: the running task, if it is about to wait for that. False when it
    // is done.
    bool cancel(const std::string& message, task_core* joining = nullptr) noexcept;

    // Parks the running task until this has its outcome. hand_on: a cancel of the waiter cancels
    // this instead, and sets *handed_on; keep: it waits for the next blocking call.
    enum class on_cancel : std::uint8_t { leave, hand_on, keep };
    fibers::wake_reason join(task_core& waiter, on_cancel policy, const char* operation,
                             fibers::time_point deadline = fibers::never,
                             bool* handed_on = nullptr) noexcept;

    void observe(observer& o) noexcept { observers_.push_back(o); }
    template <class Predicate>
    bool is_observed_by(Predicate p) const noexcept {
        return std::any_of(observers_.begin(), observers_.end(), p);
    }
    // The observer that is this done callback, or null.
    observer* find_callback(std::uint64_t number) noexcept;

    // The error as thrown to those who ask for the result; null when there is none.
    std::exception_ptr error() noexcept;
    void mark_retrieved() noexcept { retrieved_ = true; }
    void throw_outcome(); // must be done; returns when it ended with a value

    bool is_last_reference() const noexcept { return references_ == 1; }
    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) {
            destroy();
        }
    }

  protected:
    enum class type : std::uint8_t { task, future };

    explicit completion(type t) noexcept : type_(t) {}
    ~completion() = default;

    // From now on it belongs to this thread.
    void bind(loop_core& loop, source_location where) noexcept {
        thread_ = this_thread();
        loop_ = &loop;
        where_ = where;
    }
    void leave_loop() noexcept { loop_ = nullptr; }
    void keep_cancel_message(const std::string& message) noexcept;
    void keep_error(std::exception_ptr error) noexcept { error_ = std::move(error); }
    void set_outcome(outcome o) noexcept { outcome_ = o; }
    void tell_observers() noexcept;

  private:
    [[noreturn]] void throw_wrong_loop(const char* call) const;
    void destroy() noexcept;
    void drop_callbacks() noexcept;

    using observer_list =
        boost::intrusive::list<observer, boost::intrusive::constant_time_size<false>>;

    const void* thread_ = nullptr; // see on_own_thread()
    loop_core* loop_ = nullptr;
    std::exception_ptr error_;
    observer_list observers_;
    std::unique_ptr<std::string> cancel_message_; // null: none given
    source_location where_;
    std::uint32_t references_ = 1;
    type type_;
    outcome outcome_ = outcome::none;
    bool retrieved_ = false;
};

// Keeps a completion while somebody waits: its handles may be destroyed meanwhile.
class completion_keeper {
  public:
    explicit completion_keeper(completion& c) noexcept : completion_(c) { c.retain(); }
    completion_keeper(const completion_keeper&) = delete;
    completion_keeper& operator=(const completion_keeper&) = delete;
    ~completion_keeper() { completion_.release(); }

  private:
    completion& completion_;
};

// Throws, naming the call, for what `waiter` cannot wait for: invalid_state for itself, wrong_loop
// for what belongs to another loop of this thread and is not done.
void require_waitable(const completion& c, const task_core& waiter, const char* call);

// join() by the running task. Throws `cancelled`, and what require_waitable() throws.
void join_or_throw(completion& c, completion::on_cancel policy, const char* call);

} // namespace weft::detail
