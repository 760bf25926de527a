// SPDX-License-Identifier: BSL-1.0
//
// generator<T>: a sequence that is made while it is read. Stackful: the body may yield from any
// depth of calls, and may block. Python's async generator.
#pragma once

#include <weft/detail/callback.hpp>
#include <weft/detail/generator_core.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

// The body runs in the task that reads: it starts at begin(), runs until it yields, and goes on
// when the next value is asked for; what it does is the reading task's doing, so its blocking calls
// block that task, a cancel of the task is thrown into them, and the body's error is thrown by the
// step. Between steps the body is suspended on a stack of its own and costs nothing.
//
//     generator<int> g([](generator<int>::sink& out) { out(1); out(2); });
//     for (int& i : g) { ... }
//
// A generator that is destroyed early unwinds its body: the yield there throws `cancelled`, and
// destructors on the way may block (a cancel of the task meanwhile is kept). Destroy it
// in a task; in a callback it is handed to a new task; one that is left at the end of run() is
// unwound then. Move-only. Belongs to one loop (wrong_loop elsewhere); different tasks may read it
// in turn, but not while it is running (invalid_state).
template <class T>
class generator {
  public:
    using value_type = std::remove_cvref_t<T>;
    using reference = std::conditional_t<std::is_reference_v<T>, T, value_type&>;

    // What the body calls with each value. Usable in the body only, also in what it calls, not in
    // tasks that it spawns: invalid_state.
    class sink {
      public:
        // The reader sees this very object, until it asks for the next value.
        void operator()(reference value) {
            core_->yield(const_cast<value_type*>(std::addressof(value)));
        }
        void operator()(value_type&& value) requires(!std::is_reference_v<T>) {
            core_->yield(std::addressof(value));
        }
        // The reader sees a copy, which it may change.
        void operator()(const value_type& value) requires(!std::is_reference_v<T>) {
            value_type copy(value);
            core_->yield(std::addressof(copy));
        }

      private:
        friend class generator;
        explicit sink(detail::generator_core& core) noexcept : core_(&core) {}
        detail::generator_core* core_;
    };

    class iterator {
      public:
        using iterator_concept = std::input_iterator_tag;
        using iterator_category = std::input_iterator_tag;
        using value_type = generator::value_type;
        using difference_type = std::ptrdiff_t;
        using pointer = std::remove_reference_t<generator::reference>*;
        using reference = generator::reference;

        iterator() noexcept = default;
        reference operator*() const noexcept {
            return static_cast<reference>(*static_cast<pointer>(core_->value()));
        }
        pointer operator->() const noexcept { return static_cast<pointer>(core_->value()); }
        // Runs the body to its next value or its end; throws the body's error.
        iterator& operator++() {
            core_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept {
            return i.core_->value() == nullptr;
        }

      private:
        friend class generator;
        explicit iterator(detail::generator_core& core) noexcept : core_(&core) {}
        detail::generator_core* core_ = nullptr;
    };

    // Does not run the body yet.
    template <detail::callback<sink&> F>
    explicit generator(F&& body)
        : core_(std::make_unique<core_of<std::decay_t<F>>>(std::forward<F>(body))) {}
    generator(generator&&) noexcept = default;
    generator& operator=(generator&& other) noexcept {
        if (this != &other) {
            detail::give_up(std::move(core_));
            core_ = std::move(other.core_);
        }
        return *this;
    }
    ~generator() { detail::give_up(std::move(core_)); }

    // Runs the body to its first value, or, in a generator that has been read from before, to its
    // next one. Throws the body's error; not_in_task, no_running_loop, spawn_error when there is no
    // stack; invalid_state while the body is running.
    iterator begin() {
        core_->next();
        return iterator(*core_);
    }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    template <class F>
    class core_of final : public detail::generator_core {
      public:
        template <class G>
        explicit core_of(G&& f) : function_(std::forward<G>(f)) {}

      private:
        void run() override {
            sink out(*this);
            function_(out);
        }
        F function_;
    };

    std::unique_ptr<detail::generator_core> core_;
};

} // namespace weft
