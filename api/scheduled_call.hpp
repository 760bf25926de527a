// SPDX-License-Identifier: BSL-1.0
//
// One call that the loop was asked for: as soon as possible, at a time, or from another thread. It
// goes from the inbox or the timer heap to the ready queue.
#pragma once

#include "api/loop_callback.hpp"
#include "fibers/inbox.hpp"
#include "fibers/timers.hpp"

namespace weft::detail {

class scheduled_call final : public loop_callback, public fibers::timer, public fibers::letter {
  public:
    scheduled_call(unique_function f, source_location where) noexcept;
    ~scheduled_call() override = default;

    // Each is called once, and one of them.
    static void soon(loop_core& loop, const std::shared_ptr<scheduled_call>& c) noexcept;
    static void at(loop_core& loop, const std::shared_ptr<scheduled_call>& c,
                   fibers::time_point when) noexcept;
    // On any thread; false when the loop has ended.
    static bool post(fibers::inbox& letters, std::shared_ptr<scheduled_call> c) noexcept;

    // For its handles.
    void require_own_thread(const char* call) const;
    void cancel() noexcept;
    bool cancelled() const noexcept { return cancelled_; }
    fibers::time_point due() const noexcept { return due_; }

  private:
    void stop() noexcept override;
    static void expired(fibers::timer& t) noexcept;
    static void delivered(fibers::letter& l) noexcept;

    const void* thread_ = nullptr; // whose it is
    std::shared_ptr<scheduled_call> in_the_mail_;
    fibers::time_point due_ = fibers::time_point::min();
    bool cancelled_ = false;
};

} // namespace weft::detail
