// SPDX-License-Identifier: BSL-1.0
//
// What the handles of one future share, in one allocation: the control block (opaque here) and the
// place for the value. Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/source_location.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <utility>

namespace weft {
enum class callback_id : std::uint64_t;
}

namespace weft::detail {

class future_core; // private to the library

class WEFT_API future_state {
  public:
    using destroy_function = void (*)(future_state&) noexcept;

    future_core& core() noexcept { return *reinterpret_cast<future_core*>(core_); }
    // Where the value is, or will be.
    void* place() noexcept { return this + 1; }

  private:
    friend class future_handle;
    static constexpr std::size_t core_size = 80;
    alignas(std::max_align_t) std::byte core_[core_size];
};

// One reference to a future's state, and what a future can do without knowing its type. The count
// is not atomic: a future belongs to one loop's thread.
class WEFT_API future_handle {
  public:
    future_handle(const future_handle& other) noexcept;
    future_handle(future_handle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    future_handle& operator=(future_handle other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~future_handle() {
        if (state_ != nullptr) {
            release();
        }
    }

    // Makes the future fail. Throws invalid_state when it is done, std::invalid_argument for null.
    void set_exception(std::exception_ptr error) const;
    // The same, but false when it is done.
    bool try_set_exception(std::exception_ptr error) const;

    // Blocks until the future is done; its error is not thrown. Cancellable: the waiter leaves, the
    // future stays as it is. Throws cancelled, not_in_task.
    void wait() const;

    bool done() const;
    bool cancelled() const;
    // Ends the future as cancelled: all who wait for it get `cancelled`. False when it is done.
    // asyncio.Future.cancel.
    bool cancel(std::string message = {}) const;
    // The error, or null; throws `cancelled` for a cancelled future, invalid_state for one not
    // done.
    std::exception_ptr exception() const;

    // False when there is no such callback any more.
    bool remove_done_callback(callback_id id) const;

    // Whether both are handles of one future.
    friend bool operator==(const future_handle&, const future_handle&) = default;

  protected:
    // A new future of the running loop, with place for `value_size` bytes. Throws no_running_loop,
    // std::bad_alloc.
    future_handle(std::size_t value_size, future_state::destroy_function destroy_value,
                  source_location where);

    // The place for the value; throws invalid_state when the future is done. With it constructed
    // there, value_is_set() completes the future.
    void* place_to_set(const char* call) const;
    // The same, but null when it is done.
    void* place_to_try_set(const char* call) const;
    void value_is_set() const noexcept;

    // Waits, and returns where the value is. Throws the future's error.
    void* get_place(const char* call) const;
    // The same without waiting: invalid_state when it is not done.
    void* result_place(const char* call) const;

    callback_id add_callback(std::function<void(const future_handle&)> f) const;

    friend future_state* state_of(const future_handle& handle) noexcept { return handle.state_; }

  private:
    explicit future_handle(future_state* retained) noexcept : state_(retained) {}
    friend class future_callback;
    future_core& core(const char* call) const;
    void release() noexcept;

    future_state* state_;
};

} // namespace weft::detail
