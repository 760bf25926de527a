// SPDX-License-Identifier: BSL-1.0
//
// A loop's own threads for calls that block, one pool for each kind of call, so that those of one
// kind, such as a slow name server, never hold up another.
//
// Invariant: a pool is made when it is first asked for and joined at the end of a run.
#pragma once

#include "fibers/time.hpp"
#include "reactor/thread_pool.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weft::detail {

enum class thread_use : std::uint8_t {
    calls, // to_thread()
    names, // resolve()
    files,
};

class loop_threads {
  public:
    reactor::thread_pool& of(thread_use use);

    // Waits for calls that still run, all kinds together until `limit` in real time. One that does
    // not return is reported and left behind: unlike a task it needs nothing of the loop.
    void join(fibers::time_point limit, std::chrono::milliseconds allowed);

  private:
    static constexpr std::size_t uses = 3;
    std::array<std::unique_ptr<reactor::thread_pool>, uses> pools_; // null: not needed so far
};

} // namespace weft::detail
