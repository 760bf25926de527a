// SPDX-License-Identifier: BSL-1.0
//
// A submission between threads: the letters that start and cancel it, and the count of those who
// still need it.
//
// Invariant: the start letter or the task holds one reference, a cancel letter on its way another.
// The stop callback is gone before the former is given up, so it never meets a dead object.
#pragma once

#include "fibers/inbox.hpp"

#include <weft/detail/source_location.hpp>
#include <weft/detail/submission.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>

namespace weft::detail {

class loop_core;

class submitted_work {
  public:
    // `here`: the loop, where this is its own thread; null on other threads.
    static void submit(loop_core* here, const std::shared_ptr<fibers::inbox>& letters,
                       std::unique_ptr<submission> work, std::stop_token stop,
                       source_location where);

  private:
    struct request final : fibers::letter {
        request(function deliver, submitted_work& w) noexcept : letter(deliver), work(w) {}
        submitted_work& work;
    };
    struct cancel_from_outside {
        submitted_work& work;
        void operator()() const noexcept { work.post_cancel(); }
    };

    submitted_work(std::shared_ptr<fibers::inbox> letters, std::unique_ptr<submission> work,
                   source_location where) noexcept;
    ~submitted_work() = default;

    void start() noexcept;
    void post_cancel() noexcept;
    void cancel() noexcept;
    void end() noexcept;
    void refuse(std::exception_ptr why) noexcept;
    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept;

    std::atomic<int> references_ = 1;
    const std::shared_ptr<fibers::inbox> letters_;
    const std::unique_ptr<submission> work_;
    const source_location where_;
    request start_;
    request cancel_;
    std::optional<task_ref> task_; // while it runs
    bool cancelled_early_ = false;
    std::optional<std::stop_callback<cancel_from_outside>> stop_;
};

} // namespace weft::detail
