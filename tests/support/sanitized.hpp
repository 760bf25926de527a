// SPDX-License-Identifier: BSL-1.0
//
// What a test must know of the sanitizer it runs under: how many fibers may be alive at once, how
// many rounds a heavy test can afford, and whether resident memory says anything.
#pragma once

#include "fibers/sanitizer.hpp"

#include <cstddef>

namespace weft::test {

#ifdef WEFT_ASAN
inline constexpr bool under_asan = true;
#else
inline constexpr bool under_asan = false;
#endif
#ifdef WEFT_TSAN
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = false;
#endif
inline constexpr bool sanitized = under_asan || under_tsan;

// ThreadSanitizer keeps a record of each living fiber and has room for some thousands.
inline constexpr std::size_t many_fibers = under_tsan ? 1000 : 10'000;

// Rounds of a heavy test: a tenth where each access is checked.
constexpr std::size_t rounds(std::size_t plain) noexcept {
    return sanitized ? plain / 10 : plain;
}

// Small stacks for fibers that do little; instrumented frames are larger.
inline constexpr std::size_t small_stack = sanitized ? 128 * 1024 : 64 * 1024;

} // namespace weft::test
