// SPDX-License-Identifier: BSL-1.0
//
// A loop's signals: handlers that are called, tasks that wait, and the interrupt of run().
//
// Invariant: the loop subscribes to a signal while it has a handler, and from the first wait for it
// until the loop ends, so that one which comes between two waits neither kills the process nor is
// lost: it is kept for the next wait.
#pragma once

#include "api/loop_callback.hpp"
#include "fibers/wait_queue.hpp"
#include "reactor/loop.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>

namespace weft::detail {

class loop_signals {
  public:
    explicit loop_signals(loop_core& loop) noexcept;
    loop_signals(const loop_signals&) = delete;
    loop_signals& operator=(const loop_signals&) = delete;

    // Throws std::invalid_argument for what cannot be caught, std::system_error when the kernel
    // refuses.
    void add_handler(int signal_number, unique_function f, source_location where);
    bool remove_handler(int signal_number) noexcept;

    // Parks the running task until one of them comes, and takes it.
    int wait(std::initializer_list<int> signal_numbers);

    // From now on the first SIGINT cancels the main task, if that is what a program would expect:
    // this is the process's main thread, and nobody else has asked for the signal.
    void begin_interrupts();
    void end_interrupts() noexcept;

  private:
    class handler;
    static void arrived(void* self, std::uint64_t bits) noexcept;
    void arrived(int signal_number) noexcept;
    void count_waits(std::uint64_t bits, int change) noexcept;

    loop_core& loop_;
    reactor::signals& signals_;
    std::map<int, std::shared_ptr<handler>> handlers_;
    std::uint64_t waited_for_ = 0; // ever
    std::uint64_t kept_ = 0;       // have come, and no wait has taken them yet
    std::uint64_t interrupts_ = 0;
    fibers::wait_queue waiters_;
    std::array<std::uint32_t, reactor::signals::most + 1> waiting_{}; // tasks, by signal
};

} // namespace weft::detail
