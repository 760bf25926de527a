// SPDX-License-Identifier: BSL-1.0
//
// Tasks that belong together: none outlives the block that started them, and the failure of one
// ends the others.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/source_location.hpp>
#include <weft/errors.hpp>
#include <weft/task.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft {

// The group that with_task_group() hands to its body. Valid until that returns; belongs to the
// loop's thread (wrong_loop elsewhere). asyncio.TaskGroup.
class WEFT_API task_group {
  public:
    // Made by with_task_group() only.
    task_group();
    ~task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    // Starts f(args...) as a child, as weft::spawn does, and returns an observer of it; the group
    // is the owner. Children may spawn siblings. Does not block. Throws invalid_state when the
    // group is being cancelled, because a child or the body has failed or by cancel(), or has
    // ended; spawn_error.
    template <class F>
    requires std::invocable<std::decay_t<F>>
    auto spawn(F&& f, detail::source_location where = detail::std_source_location::current())
        -> task_view<std::invoke_result_t<std::decay_t<F>>> {
        return adopt([&] { return weft::spawn(std::forward<F>(f), where); });
    }

    template <class F, class First, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<First>, std::decay_t<Args>...>
    auto spawn(F&& f, First&& first, Args&&... args) -> task_view<
        std::invoke_result_t<std::decay_t<F>, std::decay_t<First>, std::decay_t<Args>...>> {
        return adopt([&] {
            return weft::spawn(std::forward<F>(f), std::forward<First>(first),
                               std::forward<Args>(args)...);
        });
    }

    template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
    auto spawn(task_options options, F&& f, Args&&... args)
        -> task_view<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>> {
        return adopt([&] {
            return weft::spawn(std::move(options), std::forward<F>(f), std::forward<Args>(args)...);
        });
    }

    // Ends the group quietly: cancels the children and what is left of the body;
    // with_task_group() then throws no `cancelled` for it. Children that fail meanwhile still
    // count. Idempotent. asyncio.TaskGroup.cancel.
    void cancel();

    // How many children have not ended.
    std::size_t size() const;

    // For with_task_group(): the body has returned, or has thrown what is being handled.
    void body_ended() noexcept;
    void body_threw() noexcept;
    // Waits for the children; throws what is to be thrown. `complete`: the body has returned.
    void finish(bool complete);

  private:
    template <class Start>
    auto adopt(Start&& start) {
        require_open();
        prepare();
        auto child = start();
        auto view = child.view();
        add(*state_of(child));
        child.detach();
        return view;
    }
    void require_open() const;
    void prepare();
    void add(detail::task_state& child) noexcept;

    struct state;
    std::unique_ptr<state> state_;
};

// with_task_group runs body(task_group&) in this task, waits until every child has ended, and
// returns what the body returned.
//
// When a child fails, the other children and the body are cancelled; when the body fails, the
// children are. All failures then leave as one exception_group, in order of their coming, the
// body's last. A child that ends with `cancelled` has not failed. Cancellable: the children are
// cancelled and waited for, then `cancelled` is thrown; when there were failures as well, the group
// is thrown and the cancel comes at the next blocking call. A body that was cut off by
// task_group::cancel() and has a value to return: `cancelled`.
//
// Blocks while there are children. Throws exception_group, cancelled, not_in_task, no_running_loop.
// asyncio.TaskGroup.
template <class Body>
requires std::invocable<Body&&, task_group&>
auto with_task_group(Body&& body) -> std::invoke_result_t<Body&&, task_group&> {
    using R = std::invoke_result_t<Body&&, task_group&>;
    task_group group;
    if constexpr (std::is_void_v<R>) {
        try {
            std::forward<Body>(body)(group);
            group.body_ended();
        } catch (...) {
            group.body_threw();
        }
        group.finish(true);
    } else {
        using kept = std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*,
                                        std::remove_cv_t<R>>;
        std::optional<kept> result;
        try {
            if constexpr (std::is_reference_v<R>) {
                result.emplace(std::addressof(std::forward<Body>(body)(group)));
            } else {
                result.emplace(std::forward<Body>(body)(group));
            }
            group.body_ended();
        } catch (...) {
            group.body_threw();
        }
        group.finish(result.has_value());
        if constexpr (std::is_reference_v<R>) {
            return static_cast<R>(**result);
        } else {
            return std::move(*result);
        }
    }
}

} // namespace weft
