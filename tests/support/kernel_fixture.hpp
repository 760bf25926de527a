// SPDX-License-Identifier: BSL-1.0
//
// A scheduler on virtual time, fibers with std::function bodies, and a look at what is left when
// the test is over: no fiber unended, no timer armed, no stack in use, nothing mapped, no
// descriptor open. Every test of the kernel stands on this.
#pragma once

#include "fibers/scheduler.hpp"
#include "fibers/virtual_port.hpp"
#include "tests/support/memory_faults.hpp"
#include "tests/support/test_fiber.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weft::test {

// What it offers is public because the callbacks and timers that a test makes up use it too.
class kernel_fixture : public testing::Test {
  public:
    using scheduler = fibers::scheduler;
    using wake_reason = fibers::wake_reason;

    kernel_fixture();
    void SetUp() override;
    void TearDown() override;

    // What the fixture's own scheduler is made with: virtual time, counted memory, named fibers.
    static fibers::scheduler_options default_options();

    // Replaces the scheduler by another one. No fiber may be alive.
    void rebuild(const fibers::scheduler_options& options, fibers::event_port& port);
    void rebuild(const fibers::scheduler_options& options) { rebuild(options, port_); }
    // Ends the scheduler and checks what is left, as the end of the test does.
    void destroy_and_check();

    scheduler& kernel() noexcept { return *scheduler_; }
    fibers::virtual_port& port() noexcept { return port_; }
    memory_faults& memory() noexcept { return memory_; }

    // A fiber that the kernel does not know yet. It lives until the end of the test.
    test_fiber& make(std::function<void()> body);
    bool spawn(test_fiber& f, std::size_t stack_size = 0);
    bool spawn_eager(test_fiber& f, std::size_t stack_size = 0);

    // Makes and spawns a fiber; it must succeed.
    test_fiber& start(std::function<void()> body, std::size_t stack_size = 0);

    // Runs the loop until every spawned fiber has ended.
    void run();
    // Runs the loop until nothing is ready and nothing can become ready.
    void run_until_deadlock();
    // Lets the loop sleep for so long, with nothing to do but what is parked.
    void pass_time(fibers::clock::duration d);
    // Forgets fibers that have ended, so that a long test does not keep them all.
    void forget_ended();

    // For fiber bodies.
    wake_reason park(fibers::time_point deadline = fibers::never);
    wake_reason sleep_for(fibers::clock::duration d) { return park(kernel().now() + d); }
    wake_reason yield() { return kernel().yield(); }

    // What happened, in order; a test compares the whole.
    void note(std::string what) { log_.push_back(std::move(what)); }
    const std::vector<std::string>& log() const noexcept { return log_; }

  private:
    std::string unended() const;

    std::size_t descriptors_at_start_ = 0;
    memory_faults memory_;
    fibers::virtual_port port_;
    std::optional<scheduler> scheduler_;
    std::deque<test_fiber> fibers_;
    std::size_t alive_ = 0;
    bool all_ended_ = false;
    std::vector<std::string> log_;
};

using log_lines = std::vector<std::string>;

} // namespace weft::test
