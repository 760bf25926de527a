// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/detail/parking.hpp>
#include <weft/green/barrier.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft::detail {

namespace {

constexpr std::uint64_t word_of(std::uint32_t phase, std::ptrdiff_t missing) noexcept {
    return std::uint64_t{phase} << 32 | std::uint64_t(missing);
}
constexpr std::uint32_t phase_of(std::uint64_t word) noexcept {
    return std::uint32_t(word >> 32);
}
constexpr std::ptrdiff_t missing_of(std::uint64_t word) noexcept {
    return std::ptrdiff_t(word & 0xFFFF'FFFFU);
}

} // namespace

barrier_phases::barrier_phases(std::ptrdiff_t expected)
    : word_(word_of(0, expected)), expected_(expected) {
    if (expected < 0 || expected > most) {
        throw std::invalid_argument(fmt::format(
            "weft::green::barrier: {} expected; between 0 and {} can be", expected, most));
    }
}

std::pair<std::uint32_t, bool> barrier_phases::arrive(std::ptrdiff_t n) {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    do {
        if (n <= 0 || n > missing_of(seen)) {
            throw std::invalid_argument(
                fmt::format("weft::green::barrier::arrive: {} arrive where {} are missing in this "
                            "phase",
                            n, missing_of(seen)));
        }
    } while (!word_.compare_exchange_weak(seen, seen - std::uint64_t(n), std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
    return {phase_of(seen), missing_of(seen) == n};
}

void barrier_phases::complete(std::uint32_t phase) noexcept {
    const std::ptrdiff_t expected = expected_.load(std::memory_order_relaxed);
    word_.store(word_of(phase + 1, expected), std::memory_order_seq_cst);
    unpark_all(this); // by the address alone
}

void barrier_phases::wait(std::uint32_t phase) const {
    const auto unfinished = [this, phase] {
        return phase_of(word_.load(std::memory_order_acquire)) == phase;
    };
    while (unfinished()) {
        if (park({.call = "weft::green::barrier::wait", .address = this}, unfinished).end ==
            park_end::cancelled) {
            throw_cancelled_here();
        }
    }
}

} // namespace weft::detail
