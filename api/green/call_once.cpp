// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/detail/caller.hpp>
#include <weft/detail/parking.hpp>
#include <weft/green/call_once.hpp>

#include <system_error>

namespace weft::green {

bool once_flag::begin() {
    const char* call = "weft::green::call_once";
    const std::uint64_t me = detail::caller_number() << 1; // apart from the other states
    for (;;) {
        std::uint64_t seen = idle;
        if (state_.compare_exchange_strong(seen, me, std::memory_order_acquire)) {
            return true;
        }
        if (seen == done) {
            return false;
        }
        if (seen == me) {
            throw std::system_error(
                std::make_error_code(std::errc::resource_deadlock_would_occur),
                "weft::green::call_once: the function calls it again with the same flag");
        }
        const auto being_made = [this, seen] {
            return state_.load(std::memory_order_acquire) == seen;
        };
        if (detail::park({.call = call, .address = this}, being_made).end ==
            detail::park_end::cancelled) {
            detail::throw_cancelled_here();
        }
    }
}

void once_flag::end(bool made) noexcept {
    state_.store(made ? done : idle, std::memory_order_release);
    detail::unpark_all(this);
}

} // namespace weft::green
