// SPDX-License-Identifier: BSL-1.0
//
// A callable that is called without arguments and result, and that need not be copyable: what the
// loop keeps of a callback. Small ones lie inside, others in one allocation. Not for use by
// programs.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weft::detail {

class unique_function {
  public:
    unique_function() noexcept = default;

    template <class F>
    requires(!std::same_as<std::decay_t<F>, unique_function> && std::invocable<std::decay_t<F>&>)
        // NOLINTNEXTLINE(google-explicit-constructor): any callable is one
        unique_function(F&& f) {
        using callable = std::decay_t<F>;
        if constexpr (lies_inside<callable>) {
            ::new (room_) callable(std::forward<F>(f));
            kind_ = &inside<callable>;
        } else {
            ::new (room_) callable*(new callable(std::forward<F>(f)));
            kind_ = &outside<callable>;
        }
    }
    unique_function(unique_function&& other) noexcept { take(other); }
    unique_function& operator=(unique_function&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~unique_function() { reset(); }

    explicit operator bool() const noexcept { return kind_ != nullptr; }
    void operator()() { kind_->call(room_); }
    void reset() noexcept {
        if (kind_ != nullptr) {
            std::exchange(kind_, nullptr)->destroy(room_);
        }
    }

  private:
    struct kind {
        void (*call)(void* room);
        void (*move)(void* from, void* to) noexcept; // leaves nothing in `from`
        void (*destroy)(void* room) noexcept;
    };
    static constexpr std::size_t room_size = 4 * sizeof(void*);

    template <class F>
    static constexpr bool
        lies_inside = sizeof(F) <= room_size &&
                      alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;
    template <class F>
    static F& in(void* room) noexcept {
        return *std::launder(static_cast<F*>(room));
    }
    template <class F>
    static constexpr kind inside{[](void* room) { static_cast<void>(std::invoke(in<F>(room))); },
                                 [](void* from, void* to) noexcept {
                                     ::new (to) F(std::move(in<F>(from)));
                                     std::destroy_at(&in<F>(from));
                                 },
                                 [](void* room) noexcept { std::destroy_at(&in<F>(room)); }};
    template <class F>
    static constexpr kind outside{
        [](void* room) { static_cast<void>(std::invoke(*in<F*>(room))); },
        [](void* from, void* to) noexcept { ::new (to) F*(in<F*>(from)); },
        [](void* room) noexcept { delete in<F*>(room); }};

    void take(unique_function& other) noexcept {
        if (other.kind_ != nullptr) {
            other.kind_->move(other.room_, room_);
            kind_ = std::exchange(other.kind_, nullptr);
        }
    }

    const kind* kind_ = nullptr;
    alignas(void*) std::byte room_[room_size];
};

} // namespace weft::detail
