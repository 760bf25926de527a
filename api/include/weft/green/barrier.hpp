// SPDX-License-Identifier: BSL-1.0
//
// The barrier of <barrier>, between tasks of any loop and plain threads.
#pragma once

#include <weft/detail/export.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace weft {

namespace detail {

// What does not depend on the completion function: the phases and who has arrived in this one.
class WEFT_API barrier_phases {
  public:
    static constexpr std::ptrdiff_t most = std::numeric_limits<std::int32_t>::max();

    // Outside 0 ... most: std::invalid_argument.
    explicit barrier_phases(std::ptrdiff_t expected);

    // The phase arrived in, and whether that was its last arrival: then the caller completes it.
    // More than are expected: std::invalid_argument.
    std::pair<std::uint32_t, bool> arrive(std::ptrdiff_t n);
    // One less is expected from the next phase on.
    void drop_one() noexcept { expected_.fetch_sub(1, std::memory_order_relaxed); }
    // Begins the next phase and lets go who waits for the end of this one.
    void complete(std::uint32_t phase) noexcept;
    void wait(std::uint32_t phase) const;

  private:
    std::atomic<std::uint64_t> word_; // the phase, and in the lower half how many are missing
    std::atomic<std::ptrdiff_t> expected_;
};

struct no_completion {
    void operator()() const noexcept {}
};

} // namespace detail

namespace green {

// std::barrier. A phase ends when as many have arrived as are expected; the last of them runs the
// completion function, which may block and must not throw, and then all who wait go on.
template <class CompletionFunction = detail::no_completion>
class barrier {
    static_assert(std::is_nothrow_invocable_v<CompletionFunction&>,
                  "the completion function has to be noexcept");

  public:
    // Which phase was arrived in. Move-only.
    class arrival_token {
      public:
        arrival_token(arrival_token&&) noexcept = default;
        arrival_token& operator=(arrival_token&&) noexcept = default;

      private:
        friend class barrier;
        explicit arrival_token(std::uint32_t phase) noexcept : phase_(phase) {}
        std::uint32_t phase_;
    };

    static constexpr std::ptrdiff_t max() noexcept { return detail::barrier_phases::most; }

    // Outside 0 ... max(): std::invalid_argument.
    explicit barrier(std::ptrdiff_t expected, CompletionFunction completion = CompletionFunction())
        : phases_(expected), completion_(std::move(completion)) {}
    barrier(const barrier&) = delete;
    barrier& operator=(const barrier&) = delete;

    // Does not wait; blocks only as the completion function does. Less than one, or more than are
    // missing: std::invalid_argument.
    [[nodiscard]] arrival_token arrive(std::ptrdiff_t n = 1) {
        const auto [phase, last] = phases_.arrive(n);
        if (last) {
            completion_();
            phases_.complete(phase);
        }
        return arrival_token(phase);
    }

    // Blocks until that phase has ended. Cancellable, for a task: it leaves, its arrival counts.
    // Throws cancelled; not_in_task when it would block in a callback.
    void wait(arrival_token&& arrival) const { phases_.wait(arrival.phase_); }
    void arrive_and_wait() { wait(arrive()); }

    // Arrives, and is not expected any more from the next phase on.
    void arrive_and_drop() {
        phases_.drop_one();
        static_cast<void>(arrive());
    }

  private:
    detail::barrier_phases phases_;
    [[no_unique_address]] CompletionFunction completion_;
};

} // namespace green
} // namespace weft
