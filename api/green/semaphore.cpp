// SPDX-License-Identifier: BSL-1.0
#include <weft/green/semaphore.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft::detail {

void throw_wrong_permits(const char* call, std::ptrdiff_t count, std::ptrdiff_t free,
                         std::ptrdiff_t most) {
    throw std::invalid_argument(
        fmt::format("{}: {} permits with {} free of at most {}; give back only what was acquired",
                    call, count, free, most));
}

} // namespace weft::detail
