// SPDX-License-Identifier: BSL-1.0
//
// What one task is made of, in one allocation: the kernel's control block (opaque here), the
// callable with its arguments, and the result. Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/source_location.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weft {
struct task_options;
}

namespace weft::detail {

class task_core; // private to the library

// Empty until start_task() has put the control block into it; from then on the control block's last
// reference destroys it.
class WEFT_API task_state {
  public:
    task_state(const task_state&) = delete;
    task_state& operator=(const task_state&) = delete;

    task_core& core() noexcept { return *reinterpret_cast<task_core*>(core_); }

  protected:
    task_state() noexcept = default;
    virtual ~task_state() = default;

  private:
    friend class task_core;

    // Runs the callable once, keeps what it returns, and destroys the callable unless it throws.
    virtual void call() = 0;
    virtual void destroy_callable() noexcept = 0; // after or instead of call()
    virtual void destroy_value() noexcept = 0;    // the value is dropped because of a cancel
    virtual std::size_t size() const noexcept = 0;

    static constexpr std::size_t core_size = 176;
    alignas(void*) std::byte core_[core_size];
};

// One reference to a task's state. The count is not atomic: a task belongs to one loop's thread.
class WEFT_API task_pointer {
  public:
    task_pointer() noexcept = default;
    explicit task_pointer(task_state* adopted) noexcept : state_(adopted) {}
    task_pointer(const task_pointer& other) noexcept;
    task_pointer(task_pointer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    task_pointer& operator=(task_pointer other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~task_pointer() {
        if (state_ != nullptr) {
            release();
        }
    }

    task_state* get() const noexcept { return state_; }
    explicit operator bool() const noexcept { return state_ != nullptr; }
    friend bool operator==(const task_pointer&, const task_pointer&) = default;

  private:
    void release() noexcept;
    task_state* state_ = nullptr;
};

// The result's place. A reference is kept as a pointer, void as nothing.
template <class R>
class task_value : public task_state {
  public:
    R& value() noexcept {
        if constexpr (std::is_reference_v<R>) {
            return *reinterpret_cast<stored*>(bytes_)[0];
        } else {
            return *std::launder(reinterpret_cast<R*>(bytes_));
        }
    }

  protected:
    ~task_value() override { destroy_value(); }

    template <class Make>
    void keep(Make&& make) {
        if constexpr (std::is_reference_v<R>) {
            auto&& made = make();
            ::new (bytes_) stored(std::addressof(made));
        } else {
            ::new (bytes_) R(make());
        }
        has_value_ = true;
    }

    void destroy_value() noexcept override {
        if (has_value_) {
            has_value_ = false;
            std::destroy_at(reinterpret_cast<stored*>(bytes_));
        }
    }

  private:
    using stored = std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*,
                                      std::remove_cv_t<R>>;
    bool has_value_ = false;
    alignas(stored) std::byte bytes_[sizeof(stored)];
};

template <class R>
requires std::is_void_v<R>
class task_value<R> : public task_state {
  protected:
    template <class Make>
    void keep(Make&& make) {
        make();
    }
    void destroy_value() noexcept override {}
};

template <class R, class F, class... Args>
class task_of final : public task_value<R> {
  public:
    template <class G, class... As>
    explicit task_of(G&& f, As&&... args)
        : callable_(std::forward<G>(f), std::forward<As>(args)...) {}
    ~task_of() override {
        if (!callable_destroyed_) {
            std::destroy_at(&callable_);
        }
    }

  private:
    void call() override {
        this->keep([this]() -> R {
            return std::apply(
                [](F& f, Args&... args) -> R {
                    return std::invoke(std::move(f), std::move(args)...);
                },
                callable_);
        });
        task_of::destroy_callable();
    }
    void destroy_callable() noexcept override {
        callable_destroyed_ = true;
        std::destroy_at(&callable_);
    }
    std::size_t size() const noexcept override { return sizeof(*this); }

    bool callable_destroyed_ = false;
    union {
        std::tuple<F, Args...> callable_;
    };
};

// Memory for a task of the running loop. Throws no_running_loop and spawn_error.
WEFT_API void* allocate_task(std::size_t size);
WEFT_API void free_task(void* memory, std::size_t size) noexcept;

// Makes the new task known to the running loop, or runs it until it blocks where options->eager
// says so (null: the defaults). Takes the reference, the name out of the options; throws
// spawn_error.
WEFT_API task_pointer start_task(task_state* made, task_options* options, source_location where);

// Throws no_running_loop, naming the call.
WEFT_API void require_loop(const char* call);

// Waits for the end. hand_on: a cancel of the waiter goes on to the task, and `cancelled` is thrown
// when that has ended; otherwise the waiter leaves at once. Throws invalid_state for an empty
// pointer.
WEFT_API void wait_for_end(const task_pointer& task, bool hand_on, const char* call);
// Without waiting: invalid_state for an empty pointer (somebody else may have emptied the handle
// while this task waited) and when not done, else throws the task's error if it has one.
WEFT_API void require_result(const task_pointer& task, const char* call);
// The handle is gone: cancel and join. Never throws; a cancel of the caller is kept.
WEFT_API void cancel_and_join(task_state& s) noexcept;

template <class R, class F, class... Args>
task_state* make_task(F&& f, Args&&... args) {
    using state = task_of<R, std::decay_t<F>, std::decay_t<Args>...>;
    static_assert(alignof(state) <= alignof(std::max_align_t), "over-aligned captures or results");
    struct free_if_thrown {
        void* memory = allocate_task(sizeof(state));
        ~free_if_thrown() {
            if (memory != nullptr) {
                free_task(memory, sizeof(state));
            }
        }
    } guard;
    auto* made = ::new (guard.memory) state(std::forward<F>(f), std::forward<Args>(args)...);
    guard.memory = nullptr;
    return made;
}

} // namespace weft::detail
