// SPDX-License-Identifier: BSL-1.0
//
// A callable of the program's that the loop calls on its own stack: once, or every time something
// happens.
//
// Invariant: the loop knows it (it is in callbacks() and keeps itself alive) exactly from start()
// until its only call is over, drop() or the end of the loop, and longer while it is in the ready
// queue. A dropped one is never called again, and its callable is destroyed at once, or right after
// the call that is going on.
#pragma once

#include "api/context_values.hpp"
#include "fibers/runnable.hpp"

#include <weft/detail/source_location.hpp>
#include <weft/detail/unique_function.hpp>

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <memory>

namespace weft::detail {

class loop_core;

class loop_callback : public fibers::callback,
                      public boost::intrusive::list_base_hook<
                          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    using link = boost::intrusive::list_base_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  public:
    enum class calls : std::uint8_t { once, repeatedly };

    // `when_it_throws`: how a report calls that.
    loop_callback(calls how_often, const char* when_it_throws, unique_function f,
                  source_location where) noexcept;

    // The loop's from now on.
    void start(loop_core& loop, std::shared_ptr<loop_callback> self) noexcept;
    // Behind what is ready, unless it is there already.
    void queue() noexcept;
    void drop() noexcept;
    // The loop ends.
    void abandon() noexcept;

    bool active() const noexcept { return active_; }

  protected:
    virtual ~loop_callback() = default;
    // Stops listening to whatever makes it ready.
    virtual void stop() noexcept = 0;
    loop_core* loop() const noexcept { return loop_; }

  private:
    static void run(fibers::callback& c) noexcept;
    void call() noexcept;
    void leave_loop() noexcept;

    unique_function function_;
    loop_core* loop_ = nullptr; // null before and after
    std::shared_ptr<loop_callback> self_;
    const char* when_it_throws_;
    source_location where_;
    context_pointer context_; // as it was when this was made
    bool repeats_;
    bool active_ = true; // it may still be called
    bool queued_ = false;
};

using callback_list =
    boost::intrusive::list<loop_callback, boost::intrusive::constant_time_size<false>>;

} // namespace weft::detail
