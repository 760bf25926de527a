// SPDX-License-Identifier: BSL-1.0
//
// A meeting point: a fixed number of tasks wait there for each other, round after round.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/wait_queue.hpp>

#include <cstddef>

namespace weft {

// A round fills until parties() tasks have arrived, then drains until all of them have left; who
// arrives meanwhile waits for the next round to begin. Belongs to one thread (wrong_loop
// elsewhere); must outlive who is inside (the process aborts otherwise). asyncio.Barrier.
class WEFT_API barrier {
  public:
    // Below one: std::invalid_argument.
    explicit barrier(std::ptrdiff_t parties);
    ~barrier();
    barrier(const barrier&) = delete;
    barrier& operator=(const barrier&) = delete;

    // Blocks until parties() tasks have arrived and returns the number of this arrival: 0 for the
    // first of the round, parties() - 1 for the last, which does not block. Cancellable: while the
    // round fills, the place is free again and the others go on waiting. Throws broken_barrier
    // after reset() and abort(); cancelled, not_in_task, no_running_loop.
    std::size_t arrive_and_wait();

    // Begins anew: who is inside gets broken_barrier, and when they have left a round begins, with
    // those who arrived meanwhile. Ends the effect of abort(). Does not block.
    void reset();

    // Breaks the barrier until reset(): who is inside and who arrives gets broken_barrier. Does not
    // block.
    void abort();

    // How many wait for the round to fill; 0 while it drains.
    std::size_t n_waiting() const;
    std::size_t parties() const noexcept { return parties_; }
    // After abort(), until reset().
    bool broken() const;

  private:
    enum class state : unsigned char { filling, draining, resetting, broken };
    class visit;

    void wait_outside(const char* call);
    void wait_for_round(const char* call);
    void leave() noexcept;

    detail::wait_queue inside_;
    detail::wait_queue outside_;
    detail::own_thread thread_;
    std::size_t parties_;
    std::size_t count_ = 0;    // inside: arrived and not left
    std::size_t arriving_ = 0; // outside, until the state allows to come in
    state state_ = state::filling;
};

} // namespace weft
