// SPDX-License-Identifier: BSL-1.0
//
// Values that belong to a line of work, such as a request's id: a task sees what its spawner saw,
// and what it sets itself, without handing it through every call. Python's contextvars.
#pragma once

#include <weft/detail/export.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace weft {

namespace detail {
WEFT_API std::uint64_t new_context_key() noexcept;
// Null when there is none; valid until the running task sets a value.
WEFT_API const std::shared_ptr<const void>* find_context_value(std::uint64_t key) noexcept;
WEFT_API void set_context_value(std::uint64_t key, std::shared_ptr<const void> value);
WEFT_API void restore_context_value(std::uint64_t key, std::shared_ptr<const void> value) noexcept;
} // namespace detail

// One variable, most often a global. Its values are copied at spawn (by reference: a set in a child
// is not seen by its parent, and the other way round), for callbacks when they are registered, and
// for to_thread() when it is called. Outside of tasks each thread has values of its own.
//
// Nothing here blocks. Usable from any thread; T's destructor may run on any thread that saw the
// value.
template <class T>
class context_var {
  public:
    explicit context_var(T default_value) : default_(std::move(default_value)) {}
    context_var(const context_var&) = delete;
    context_var& operator=(const context_var&) = delete;

    // The value that this task sees: what it set last, else what it inherited, else the default.
    // Valid until this task sets another one.
    const T& get() const noexcept {
        const auto* value = detail::find_context_value(key_);
        return value != nullptr ? *static_cast<const T*>(value->get()) : default_;
    }

    // What this task and those it spawns from now on see. contextvars.ContextVar.set.
    void set(T value) {
        detail::set_context_value(key_, std::make_shared<const T>(std::move(value)));
    }

    // Puts the former value back at the end of the scope, in the task that runs there.
    class [[nodiscard]] scoped {
      public:
        scoped(const scoped&) = delete;
        scoped& operator=(const scoped&) = delete;
        ~scoped() { detail::restore_context_value(key_, std::move(before_)); }

      private:
        friend class context_var;
        scoped(context_var& var, T value) : key_(var.key_) {
            if (const auto* before = detail::find_context_value(key_)) {
                before_ = *before;
            }
            var.set(std::move(value));
        }
        std::uint64_t key_;
        std::shared_ptr<const void> before_;
    };

    // set(), until the object that is returned goes out of scope.
    scoped with(T value) { return scoped(*this, std::move(value)); }

  private:
    T default_;
    std::uint64_t key_ = detail::new_context_key();
};

} // namespace weft
