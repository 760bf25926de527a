// SPDX-License-Identifier: BSL-1.0
//
// What a ready queue holds: fibers, and callbacks that run on the loop's own stack. One FIFO for
// both, because asyncio's order is one order. Invariant: a runnable is in at most one queue.
#pragma once

#include <boost/intrusive/slist.hpp>

#include <cstdint>

namespace weft::fibers {

class runnable : public boost::intrusive::slist_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::normal_link>> {
  public:
    enum class kind : std::uint8_t { fiber, callback };

    explicit runnable(kind k) noexcept : kind_(k) {}
    runnable(const runnable&) = delete;
    runnable& operator=(const runnable&) = delete;

    bool is_fiber() const noexcept { return kind_ == kind::fiber; }

  protected:
    ~runnable() = default;

  private:
    kind kind_;
};

// Runs once on the loop's own stack, where nothing may block. `call` may destroy the object.
class callback : public runnable {
  public:
    using function = void (*)(callback&) noexcept;
    explicit callback(function call) noexcept : runnable(kind::callback), call_(call) {}
    void run() noexcept { call_(*this); }

  private:
    function call_;
};

using ready_queue = boost::intrusive::slist<runnable, boost::intrusive::cache_last<true>,
                                            boost::intrusive::linear<true>,
                                            boost::intrusive::constant_time_size<false>>;

} // namespace weft::fibers
