// SPDX-License-Identifier: BSL-1.0
//
// The promise that somebody outside a loop will wake one of its tasks.
#pragma once

#include <weft/detail/export.hpp>

#include <memory>
#include <utility>

namespace weft {

class loop;

// While one exists, a loop in which every task waits sleeps on instead of throwing deadlock_error,
// and virtual time does not jump; a task that nothing else can wake is then waited for. It does not
// keep run() from ending. Made by loop::hold(). Movable; may be moved to, used and destroyed on any
// thread, also after the loop has ended, and keeps the loop object (not the loop's work) alive, so
// that loop::post, submit and stop stay legal calls. Boost.Asio's executor_work_guard.
class WEFT_API work_guard {
  public:
    work_guard() noexcept = default;
    work_guard(work_guard&& other) noexcept = default;
    work_guard& operator=(work_guard&& other) noexcept {
        if (this != &other) {
            reset();
            loop_ = std::move(other.loop_);
        }
        return *this;
    }
    ~work_guard() { reset(); }

    // Takes the promise back early. Idempotent.
    void reset() noexcept;
    // Whether it still stands.
    bool owns_work() const noexcept { return loop_ != nullptr; }

  private:
    friend class loop;
    explicit work_guard(std::shared_ptr<loop> held) noexcept : loop_(std::move(held)) {}
    std::shared_ptr<loop> loop_;
};

} // namespace weft
