// SPDX-License-Identifier: BSL-1.0
//
// What the library keeps a copy of and calls later, perhaps more than once. Not for use by
// programs.
#pragma once

#include <type_traits>

namespace weft::detail {

// clang-format 14 takes the & for an operator.
// clang-format off
template <class F, class... Args>
concept callback = std::is_invocable_v<std::decay_t<F>&, Args...>;
// clang-format on

} // namespace weft::detail
