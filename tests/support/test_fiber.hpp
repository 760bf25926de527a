// SPDX-License-Identifier: BSL-1.0
//
// The smallest thing the kernel can run: a fiber with a std::function for a body. The object
// belongs to the test and outlives its run, so that it can be asked what became of it.
#pragma once

#include "fibers/fiber.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <exception>
#include <functional>
#include <string>
#include <utility>

namespace weft::test {

class test_fiber final : public fibers::fiber {
  public:
    explicit test_fiber(std::function<void()> body)
        : fiber(&test_fiber::run), body_(std::move(body)) {}
    ~test_fiber() = default;

    // Called when the fiber has ended, however it did; on whatever stack that was.
    void at_end(std::function<void()> f) { at_end_ = std::move(f); }
    void set_name(std::string name) { name_ = std::move(name); }
    const std::string& name() const noexcept { return name_; }

    int runs() const noexcept { return runs_; }
    bool ended() const noexcept { return state() == fibers::fiber_state::ended; }
    // The errno with which it was told that there is no stack for it; 0 when it ran.
    int start_error() const noexcept { return start_error_; }

  private:
    static void run(fibers::fiber& f, bool can_run) noexcept {
        auto& self = static_cast<test_fiber&>(f);
        ++self.runs_;
        if (can_run) {
            self.run_body();
        } else {
            self.start_error_ = errno;
        }
        self.mark_ended();
        if (self.at_end_) {
            self.at_end_();
        }
    }

    void run_body() noexcept {
        try {
            body_();
        } catch (const std::exception& e) {
            ADD_FAILURE() << "fiber '" << name_ << "' let an exception out: " << e.what();
        } catch (...) {
            ADD_FAILURE() << "fiber '" << name_ << "' let an exception out";
        }
    }

    std::function<void()> body_;
    std::function<void()> at_end_;
    std::string name_;
    int runs_ = 0;
    int start_error_ = 0;
};

} // namespace weft::test
