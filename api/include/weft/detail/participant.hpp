// SPDX-License-Identifier: BSL-1.0
//
// How one argument of gather(), wait_for() and their kin takes part: what is waited for, whether
// the call has started or been given it, and how its value is taken. Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/future.hpp>
#include <weft/outcome.hpp>
#include <weft/task.hpp>

#include <concepts>
#include <exception>
#include <ranges>
#include <type_traits>
#include <utility>

namespace weft::detail {

class completion; // private to the library: what a task and a future have in common

// What a handle refers to. Throws invalid_state for an empty handle and wrong_loop, naming the
// call.
WEFT_API completion& completion_of(const task_handle& handle, const char* call);
WEFT_API completion& completion_of(const future_handle& handle, const char* call);

// The error of what is done, `cancelled` included, which counts as read; null for a value.
WEFT_API std::exception_ptr take_error(completion& c);

// --- kinds of arguments ---

template <class H>
struct handle_of {
    static constexpr bool is_handle = false;
};
template <class T>
struct handle_of<task<T>> {
    static constexpr bool is_handle = true;
    using value = T;
};
template <class T>
struct handle_of<task_view<T>> : handle_of<task<T>> {};
template <class T>
struct handle_of<future<T>> : handle_of<task<T>> {};

// A task, view or future, with its value's type.
template <class A>
concept typed_handle = handle_of<std::remove_cvref_t<A>>::is_handle;

// The same, or a task_ref.
template <class A>
concept any_handle = typed_handle<A> || std::same_as<std::remove_cvref_t<A>, task_ref>;

template <class A>
concept child_callable = !any_handle<A> && std::invocable<std::decay_t<A>>;

template <class A>
concept awaited = typed_handle<A> || child_callable<A>;

template <class T>
inline constexpr bool can_be_copied =
    std::is_void_v<T> || std::is_reference_v<T> || std::copy_constructible<std::remove_cv_t<T>>;

// --- participants ---

// A task that is the call's own: it is moved in, and its value moved out.
template <class T>
class own_task {
  public:
    using value = T;
    static constexpr bool own = true;

    own_task(task<T>&& t, const char* call)
        : task_((static_cast<void>(completion_of(t, call)), std::move(t))) {}
    completion& core(const char* call) const { return completion_of(task_, call); }
    T take() { return task_.get(); }
    void let_go() { task_.detach(); }

  private:
    task<T> task_;
};

// A task that stays the caller's. Its value is copied.
template <class T>
class others_task {
  public:
    using value = T;
    static constexpr bool own = false;

    others_task(const task<T>& t, const char* call)
        : view_((static_cast<void>(completion_of(t, call)), t.view())) {}
    others_task(const task_view<T>& v, const char* /*call*/) : view_(v) {}
    completion& core(const char* call) const { return completion_of(view_, call); }
    T take() {
        static_assert(
            can_be_copied<T>,
            "the value stays in the task, so it must be copyable; hand the task<T> itself "
            "over, which is moved from then");
        return view_.get();
    }
    void let_go() noexcept {}

  private:
    task_view<T> view_;
};

// The same where the value cannot be copied: it is moved out, which empties the caller's handle.
template <class T>
class emptied_task {
  public:
    using value = T;
    static constexpr bool own = false;

    emptied_task(task<T>& t, const char* /*call*/) noexcept : task_(&t) {}
    completion& core(const char* call) const { return completion_of(*task_, call); }
    T take() { return task_->get(); }
    void let_go() noexcept {}

  private:
    task<T>* task_;
};

template <class T>
class others_future {
  public:
    using value = T;
    static constexpr bool own = false;

    others_future(const future<T>& f, const char* /*call*/) : future_(f) {}
    completion& core(const char* call) const { return completion_of(future_, call); }
    T take() {
        static_assert(can_be_copied<T>, "the value stays in the future, so it must be copyable; "
                                        "use wait() and result()");
        return future_.get();
    }
    void let_go() noexcept {}

  private:
    future<T> future_;
};

// A callable, started as a child.
template <class F>
class started_child : public own_task<std::invoke_result_t<std::decay_t<F>>> {
    using result = std::invoke_result_t<std::decay_t<F>>;

  public:
    started_child(F&& f, const char* call)
        : own_task<result>(spawn(std::forward<F>(f), source_location()), call) {}
};

// --- which argument is which; A as a forwarding reference deduces it ---

template <class A>
struct participant_of {};
template <class A>
requires child_callable<A>
struct participant_of<A> {
    using type = started_child<A>;
};
template <class T>
struct participant_of<task<T>> {
    using type = own_task<T>;
};
template <class T>
struct participant_of<task<T>&> {
    using type = std::conditional_t<can_be_copied<T>, others_task<T>, emptied_task<T>>;
};
template <class T>
struct participant_of<const task<T>&> {
    using type = others_task<T>;
};
template <class A>
requires typed_handle<A> && std::copy_constructible<std::remove_cvref_t<A>>
struct participant_of<A> {
    using value = typename handle_of<std::remove_cvref_t<A>>::value;
    using type = std::conditional_t<std::derived_from<std::remove_cvref_t<A>, future_handle>,
                                    others_future<value>, others_task<value>>;
};

template <class A>
using participant = typename participant_of<A>::type;

template <class A>
using awaited_value = typename participant<A>::value;

// An element of a range as an argument: an rvalue container's are moved; a view's belong to
// somebody else.
template <class Range>
inline constexpr bool gives_elements_away =
    !std::is_lvalue_reference_v<Range> && !std::ranges::view<std::remove_cvref_t<Range>> &&
    !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<Range>>>;

template <class Range>
using element_of =
    std::conditional_t<gives_elements_away<Range>,
                       std::remove_reference_t<std::ranges::range_reference_t<Range>>,
                       std::ranges::range_reference_t<Range>>;

template <class P>
auto outcome_of(P& p, const char* call) -> outcome<typename P::value> {
    using result = outcome<typename P::value>;
    if (std::exception_ptr error = take_error(p.core(call))) {
        return result(std::move(error));
    }
    if constexpr (std::is_void_v<typename P::value>) {
        p.take();
        return result();
    } else {
        return result(p.take());
    }
}

} // namespace weft::detail
