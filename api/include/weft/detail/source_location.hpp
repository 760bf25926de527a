// SPDX-License-Identifier: BSL-1.0
//
// Where a call was made. One type and one size for all compilers, so that programs and the library
// may be built by different ones; clang before 16 with libstdc++ has no std::source_location, and
// then every place is unknown.
#pragma once

#if __has_include(<source_location>)
#include <source_location>
#endif

namespace weft::detail {

#if defined(__cpp_lib_source_location)
using std_source_location = std::source_location;
#else
class std_source_location {
  public:
    static constexpr std_source_location current() noexcept { return {}; }
    constexpr unsigned int line() const noexcept { return 0; }
    constexpr const char* file_name() const noexcept { return ""; }
    constexpr const char* function_name() const noexcept { return ""; }

  private:
    [[maybe_unused]] const void* unknown_ = nullptr;
};
#endif

class source_location {
  public:
    constexpr source_location() noexcept = default;
    // As a default argument: `source_location where = std_source_location::current()`.
    // NOLINTNEXTLINE(google-explicit-constructor)
    constexpr source_location(std_source_location at) noexcept : at_(at) {}
    constexpr const std_source_location& standard() const noexcept { return at_; }

    constexpr unsigned int line() const noexcept { return at_.line(); }
    constexpr const char* file_name() const noexcept { return at_.file_name(); }

  private:
    std_source_location at_;
};

static_assert(sizeof(source_location) == sizeof(void*));

} // namespace weft::detail
