// SPDX-License-Identifier: BSL-1.0
//
// Work that was handed to a loop from outside, on its way from a std::promise to a task and back.
// Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/source_location.hpp>
#include <weft/task.hpp>

#include <exception>
#include <future>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft::detail {

// Made by any thread; everything else happens on the loop's. Exactly one of settle() and refuse()
// is called.
class WEFT_API submission {
  public:
    submission() noexcept = default;
    submission(const submission&) = delete;
    submission& operator=(const submission&) = delete;
    virtual ~submission();

    // Spawns the task. Throws spawn_error.
    virtual task_ref start(source_location where) = 0;
    // The task has ended: what it made of the work goes to the future.
    virtual void settle() noexcept = 0;
    // There was or will be no task.
    virtual void refuse(std::exception_ptr why) noexcept = 0;
};

template <class R, class F>
class submission_of final : public submission {
  public:
    template <class G>
    explicit submission_of(G&& f) : work_(std::in_place, std::forward<G>(f)) {}

    std::future<R> future() { return promise_.get_future(); }

  private:
    task_ref start(source_location where) override {
        task_options options;
        options.where = where;
        task_ = spawn(std::move(options), std::move(*work_));
        work_.reset();
        return task_.view();
    }
    void settle() noexcept override {
        try {
            if constexpr (std::is_void_v<R>) {
                task_.get();
                promise_.set_value();
            } else {
                promise_.set_value(task_.get());
            }
        } catch (...) {
            promise_.set_exception(std::current_exception());
        }
    }
    void refuse(std::exception_ptr why) noexcept override {
        work_.reset();
        promise_.set_exception(std::move(why));
    }

    std::optional<F> work_;
    std::promise<R> promise_;
    task<R> task_;
};

} // namespace weft::detail
