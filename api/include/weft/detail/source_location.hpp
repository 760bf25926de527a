// SPDX-License-Identifier: BSL-1.0
//
// std::source_location where the compiler has it; elsewhere (clang before 16 with libstdc++) a
// stand-in of the same size that says "unknown", so that both can link the same library.
#pragma once

#if __has_include(<source_location>)
#include <source_location>
#endif

namespace weft::detail {

#if defined(__cpp_lib_source_location)
using source_location = std::source_location;
#else
class source_location {
  public:
    static constexpr source_location current() noexcept { return {}; }
    constexpr unsigned int line() const noexcept { return 0; }
    constexpr const char* file_name() const noexcept { return ""; }
    constexpr const char* function_name() const noexcept { return ""; }

  private:
    [[maybe_unused]] const void* unknown_ = nullptr;
};
#endif

static_assert(sizeof(source_location) == sizeof(void*));

} // namespace weft::detail
