// SPDX-License-Identifier: BSL-1.0
//
// Which sanitizer this program is built with, for tests that must do less under one.
#pragma once

namespace weft::test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_TEST_ADDRESS_SANITIZER 1
#endif
#if __has_feature(thread_sanitizer)
#define WEFT_TEST_THREAD_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WEFT_TEST_ADDRESS_SANITIZER 1
#endif
#if defined(__SANITIZE_THREAD__)
#define WEFT_TEST_THREAD_SANITIZER 1
#endif

#if defined(WEFT_TEST_ADDRESS_SANITIZER)
inline constexpr bool address_sanitizer = true;
#else
inline constexpr bool address_sanitizer = false;
#endif
#if defined(WEFT_TEST_THREAD_SANITIZER)
inline constexpr bool thread_sanitizer = true;
#else
inline constexpr bool thread_sanitizer = false;
#endif
inline constexpr bool any_sanitizer = address_sanitizer || thread_sanitizer;

} // namespace weft::test
