// SPDX-License-Identifier: BSL-1.0
//
// A loop that is run several times, or little by little inside a foreign loop (a GUI's, a game's, a
// plain poll()):
//
//     weft::runner weft_here;
//     for (;;) {
//         pollfd fds[] = {{weft_here.fd(), POLLIN, 0}, ...};
//         ::poll(fds, n, milliseconds_of(weft_here.next_timeout()));   // rounded up
//         weft_here.poll();
//         ...
//     }
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/run.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft {

class loop;

// Belongs to the thread that made it: every member throws wrong_loop on another one. Tasks and
// callbacks that are left when a run ends stay until the next run or poll(). Between runs objects
// of the loop (events, queues, futures, task handles) may be used as in a callback: what does not
// block works, and what it wakes runs in the next run or poll(). asyncio.Runner.
class WEFT_API runner {
  public:
    // Throws std::system_error when the kernel has no descriptors for a loop.
    explicit runner(const run_options& options = {});
    // Closes.
    ~runner();
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;

    // Runs main() as a task and everything else with it, until main has ended; returns or throws
    // what it did. Blocks the thread. Throws invalid_state when closed or inside a running loop;
    // otherwise as weft::run, which the runner's end is left to.
    template <class F>
    requires std::invocable<std::decay_t<F>>
    auto run(F&& main, detail::source_location where = detail::std_source_location::current())
        -> std::invoke_result_t<std::decay_t<F>> {
        return detail::run_main(*this, std::forward<F>(main), where);
    }

    // The loop, which lives as long as this object. invalid_state when closed.
    loop& get_loop();

    // A descriptor that is readable when poll() has something to do: I/O, a due timer, something
    // posted, something ready. It may be readable for nothing, once. It belongs to the runner and
    // stays the same; only wait for it, with poll, select, epoll or another loop.
    int fd() const;

    // How long the foreign loop may sleep when it does not watch fd(); zero when something is
    // ready, nothing when only I/O and other threads can change that. Ask before every sleep, also
    // when fd() is watched: what the program did since the last poll() is taken into account here.
    std::optional<clock::duration> next_timeout() const;

    // Serves what there is: runs what is ready, what I/O and timers make ready, and at most a
    // bounded series of turns. Sleeps up to max_wait when nothing is ready. False when nothing is
    // left to do: no task, no callback, nobody outside who promised to wake one. Throws
    // invalid_state when closed or inside a running loop; never deadlock_error.
    template <class Rep = clock::rep, class Period = clock::period>
    bool poll(std::chrono::duration<Rep, Period> max_wait = clock::duration::zero()) {
        return poll_ticks(detail::to_ticks(max_wait, "weft::runner::poll"));
    }

    // Ends the loop as run() does: cancels every task and waits for it. Idempotent. Throws
    // invalid_state inside this runner's own run or poll.
    void close();

  private:
    friend class detail::run_session;
    struct parts;
    parts& open(const char* call) const;
    bool poll_ticks(clock::duration max_wait);

    const std::unique_ptr<parts> parts_;
};

} // namespace weft
