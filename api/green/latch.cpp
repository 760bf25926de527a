// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/detail/parking.hpp>
#include <weft/green/latch.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft::green {

void latch::throw_wrong_count(const char* call, std::ptrdiff_t n, std::ptrdiff_t count) {
    throw std::invalid_argument(
        fmt::format("{}: {} with a count of {}; the count ends at zero", call, n, count));
}

void latch::count_down(std::ptrdiff_t n) {
    std::ptrdiff_t seen = count_.load(std::memory_order_relaxed);
    do {
        if (n < 0 || n > seen) {
            throw_wrong_count("weft::green::latch::count_down", n, seen);
        }
    } while (!count_.compare_exchange_weak(seen, seen - n, std::memory_order_seq_cst,
                                           std::memory_order_relaxed));
    if (seen == n) {
        detail::unpark_all(this); // by the address alone: it may be destroyed by now
    }
}

void latch::wait() const {
    while (!try_wait()) {
        if (detail::park({.call = "weft::green::latch::wait", .address = this}, [this] {
                return !try_wait();
            }).end == detail::park_end::cancelled) {
            detail::throw_cancelled_here();
        }
    }
}

} // namespace weft::green
