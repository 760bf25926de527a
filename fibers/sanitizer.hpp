// SPDX-License-Identifier: BSL-1.0
//
// What AddressSanitizer, ThreadSanitizer and Valgrind must be told about stacks and switches.
// Without one of those tools every function here is empty. Invariant: announce() is the last thing
// before the jump, arrived() the first thing after it, on the new stack.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define WEFT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFT_TSAN 1
#endif
#endif

#ifdef WEFT_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef WEFT_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define WEFT_VALGRIND 1
#endif

// Keeps a function's call and return out of what ThreadSanitizer records of the running context.
#if defined(WEFT_TSAN) && defined(__clang__)
#define WEFT_NOT_RECORDED __attribute__((disable_sanitizer_instrumentation))
#elif defined(WEFT_TSAN)
#define WEFT_NOT_RECORDED __attribute__((no_sanitize_thread))
#else
#define WEFT_NOT_RECORDED
#endif

namespace weft::fibers::sanitizer {

// What the tools know of one context. For the thread's own context all members stay empty until
// the first switch away from it.
class shadow {
  public:
    shadow() = default;
    shadow(const shadow&) = delete;
    shadow& operator=(const shadow&) = delete;

    // A new context on [low, low + size), guard excluded.
    void create([[maybe_unused]] void* low, [[maybe_unused]] std::size_t size) noexcept {
#ifdef WEFT_ASAN
        low_ = low;
        size_ = size;
        made_here_ = true;
        unpoison(); // what a context that never ended may have left at these addresses
#endif
#ifdef WEFT_TSAN
        handle_ = __tsan_create_fiber(0);
        owned_ = true;
#endif
#ifdef WEFT_VALGRIND
        valgrind_id_ = VALGRIND_STACK_REGISTER(low, static_cast<char*>(low) + size);
        registered_ = true;
#endif
    }

    // Boost jumps into a new context and out again to make it. What ThreadSanitizer records of
    // that call must lie on the new context's shadow stack, or each creation would leak an entry
    // on the creator's.
    [[gnu::always_inline]] void begin_creation() noexcept {
#ifdef WEFT_TSAN
        creator_ = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(handle_, 0);
#endif
    }
    [[gnu::always_inline]] void end_creation() noexcept {
#ifdef WEFT_TSAN
        __tsan_switch_to_fiber(creator_, 0);
#endif
    }

    void destroy() noexcept {
#ifdef WEFT_ASAN
        if (made_here_) {
            unpoison(); // the last frames never returned; something else may be mapped here later
        }
#endif
#ifdef WEFT_TSAN
        if (owned_) {
            __tsan_destroy_fiber(handle_);
        }
        handle_ = nullptr;
#endif
#ifdef WEFT_VALGRIND
        if (registered_) {
            VALGRIND_STACK_DEREGISTER(valgrind_id_);
            registered_ = false;
        }
#endif
    }

    // About to leave this context for `next`; `for_good` when it never comes back.
    // Must be inlined: an instrumented frame of its own would be popped on the wrong stack.
    [[gnu::always_inline]] void announce([[maybe_unused]] shadow& next,
                                         [[maybe_unused]] bool for_good = false) noexcept {
#ifdef WEFT_ASAN
        came_from_ = nullptr;
        next.came_from_ = this;
        __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_stack_, next.low_, next.size_);
#endif
#ifdef WEFT_TSAN
        if (handle_ == nullptr) {
            handle_ = __tsan_get_current_fiber();
        }
        __tsan_switch_to_fiber(next.handle_, 0);
#endif
    }

    // This context has just got the thread (back).
    [[gnu::always_inline]] void arrived() noexcept {
#ifdef WEFT_ASAN
        const void* low = nullptr;
        std::size_t size = 0;
        __sanitizer_finish_switch_fiber(fake_stack_, &low, &size);
        if (came_from_ != nullptr && came_from_->size_ == 0) {
            came_from_->low_ = low; // the thread's own stack, whose bounds only the tool knows
            came_from_->size_ = size;
        }
#endif
    }

  private:
#ifdef WEFT_ASAN
    void unpoison() const noexcept {
        ASAN_UNPOISON_MEMORY_REGION(low_, size_);
    }

    const void* low_ = nullptr;
    std::size_t size_ = 0;
    void* fake_stack_ = nullptr;
    shadow* came_from_ = nullptr;
    bool made_here_ = false; // false for the thread's own stack
#endif
#ifdef WEFT_TSAN
    void* handle_ = nullptr;
    void* creator_ = nullptr;
    bool owned_ = false;
#endif
#ifdef WEFT_VALGRIND
    unsigned int valgrind_id_ = 0;
    bool registered_ = false;
#endif
};

} // namespace weft::fibers::sanitizer
