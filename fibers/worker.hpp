// SPDX-License-Identifier: BSL-1.0
//
// A worker is a stack with a context that runs fiber after fiber: when one ends and the next ready
// one has not started yet, that one runs on the same warm stack with no switch at all. Workers with
// nothing to do wait in their pool, last used first out.
//
// Invariants: a fiber keeps its worker from its first step to its end; a worker never changes
// thread; the worker object itself lies at the top of its stack, in the page that is touched
// anyway.
#pragma once

#include "fibers/context.hpp"
#include "fibers/fiber.hpp"
#include "fibers/stack_memory.hpp"

#include <cstdint>

namespace weft::fibers {

class scheduler;
class side_stack;

class worker {
  public:
    // Builds a worker at the top of a slot.
    static worker& create(scheduler& s, worker_pool& pool, stack_slot slot) noexcept;

    context& flow() noexcept { return context_; }
    worker_pool& pool() const noexcept { return pool_; }
    const stack_slot& slot() const noexcept { return slot_; }
    // What it runs the next time it gets the processor: nothing assigned, it ends.
    void assign(fiber& f) noexcept { assigned_ = &f; }
    void assign(side_stack& s) noexcept { side_ = &s; }

  private:
    friend class worker_pool;
    worker(scheduler& s, worker_pool& pool, stack_slot slot) noexcept
        : scheduler_(s), pool_(pool), slot_(slot) {}
    static context& main(void* self) noexcept;

    context context_;
    scheduler& scheduler_;
    worker_pool& pool_;
    stack_slot slot_;
    fiber* assigned_ = nullptr;
    side_stack* side_ = nullptr;
    worker* next_idle_ = nullptr;
    bool unchecked_ = false; // idle, and nobody has looked yet how deep its stack was used
};

// All workers of one stack size on one thread.
class worker_pool {
  public:
    worker_pool(scheduler& s, std::size_t stack_size, guard_kind kind, const memory_calls& calls)
        : scheduler_(s), memory_(stack_size, kind, calls) {}
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;

    std::size_t stack_size() const noexcept { return memory_.slot_size(); }
    const stack_memory& memory() const noexcept { return memory_; }

    // Every fiber that exists has an address range set aside for its stack, so that a lack of them
    // shows at spawn, where it can be reported, and not at the first step. False, with errno, when
    // there is none.
    bool reserve() noexcept;
    void unreserve() noexcept { --fibers_; }

    // An idle worker or a new one; null, with errno, when a stack cannot be had.
    worker* acquire() noexcept;

    // The worker has nothing to do; it is still running on its stack.
    void put_idle(worker& w) noexcept;

    // Gives back what fibers that went deep have left of touched stack in idle workers. Asking the
    // kernel costs a system call a worker, so it is not done while there is work; at most `limit`
    // workers are looked at, those that came back last.
    void trim_idle(std::size_t limit) noexcept;

    // Ends idle workers beyond what was needed lately and gives their memory back: at most `limit`
    // of them. True when there may be more. Call it on the loop's own stack.
    bool release_surplus(std::size_t limit) noexcept;
    // Before the pool is destroyed, which unmaps every stack. None may be in use.
    void end_all() noexcept;

    std::size_t in_use() const noexcept { return workers_ - idle_; }
    std::size_t idle() const noexcept { return idle_; }

    // What lies deeper than this below the top of an idle stack is trimmed.
    static constexpr std::size_t kept_warm = 32 * 1024;
    // This many idle workers are kept whatever happens.
    static constexpr std::size_t always_kept = 64;

  private:
    worker& pop_idle() noexcept;
    stack_slot end_one() noexcept;

    scheduler& scheduler_;
    stack_memory memory_;
    worker* idle_head_ = nullptr;
    std::size_t fibers_ = 0; // existing, started or not
    std::size_t workers_ = 0;
    std::size_t idle_ = 0;
    std::size_t unchecked_ = 0;
    std::size_t peak_in_use_ = 0; // since the last time surplus was looked for
};

} // namespace weft::fibers
