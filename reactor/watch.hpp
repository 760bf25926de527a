// SPDX-License-Identifier: BSL-1.0
//
// Somebody who wants to be told of a descriptor's readiness again and again, instead of parking a
// fiber for it once. Linked in from outside, so watching allocates nothing.
#pragma once

#include <cstdint>

namespace weft::reactor {

enum class watch_event : std::uint8_t {
    ready,       // told every time the loop looks, as long as it is so
    closed,      // the descriptor was closed or forgotten; the watch has ended
    unwatchable, // the kernel refuses after all; the watch has ended
};

class watch {
  public:
    using function = void (*)(watch&, watch_event) noexcept;
    // `tell` only makes things ready.
    explicit watch(function tell) noexcept : tell_(tell) {}
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    void tell(watch_event e) noexcept { tell_(*this, e); }

  private:
    function tell_;
};

} // namespace weft::reactor
