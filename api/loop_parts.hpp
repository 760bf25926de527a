// SPDX-License-Identifier: BSL-1.0
//
// What a loop object consists of: the way to the loop for its own thread, and the inbox for all
// others. The inbox outlives the loop, so the thread-safe members need no lock.
#pragma once

#include "fibers/inbox.hpp"

#include <weft/loop.hpp>

#include <atomic>
#include <memory>

namespace weft {

struct loop::parts {
    class stop_letter final : public fibers::letter {
      public:
        stop_letter() noexcept : letter(&stop_letter::delivered) {}
        // Any thread. One at a time is enough.
        void post(fibers::inbox& to) noexcept;

      private:
        static void delivered(fibers::letter& l) noexcept;
        std::atomic<bool> in_the_mail_ = false;
    };

    const void* thread;      // see detail::this_thread()
    detail::loop_core* core; // null when it has ended; only for the loop's own thread
    std::shared_ptr<fibers::inbox> letters;
    stop_letter stop;
};

} // namespace weft
